//! Ids and invented names.

use crate::numeric::{mix, unit};

const FIRST: [&str; 24] = [
    "Amber", "Birch", "Cedar", "Coral", "Delta", "Ember", "Falcon", "Granite", "Harbor", "Indigo", "Juniper",
    "Keystone", "Lagoon", "Maple", "Nova", "Onyx", "Pioneer", "Quartz", "Ridge", "Summit", "Tidal", "Umbra",
    "Vertex", "Willow",
];
const SECOND: [&str; 24] = [
    "field", "brook", "stone", "gate", "bridge", "hill", "line", "mark", "point", "port", "side", "view",
    "way", "wood", "works", "yard", "crest", "dale", "fort", "land", "mill", "path", "vale", "wick",
];

/// Form of a company by country.
const FORMS: [(&str, &str); 11] = [
    ("DE", "GmbH"),
    ("FR", "SARL"),
    ("IT", "S.r.l."),
    ("ES", "S.L."),
    ("NL", "B.V."),
    ("AT", "GmbH"),
    ("BE", "BV"),
    ("US", "Inc."),
    ("GB", "Ltd"),
    ("JP", "K.K."),
    ("KW", "W.L.L."),
];

/// `C` and seven digits.
pub(super) fn customer_id(k: u32) -> String {
    format!("C{k:07}")
}

/// A name such as `Amberfield Logistics GmbH`; two customers may share one.
pub(super) fn company(k: u32, industry: &str, country: &str) -> String {
    let word =
        |list: &[&'static str; 24], salt| list[(unit(mix(salt, u64::from(k))) * list.len() as f64) as usize];
    let form = FORMS.iter().find(|f| f.0 == country).map_or("Ltd", |f| f.1);
    let mut trade = industry.to_owned();
    trade[..1].make_ascii_uppercase();
    format!("{}{} {trade} {form}", word(&FIRST, 1), word(&SECOND, 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_trade_and_country() {
        assert!(company(3, "retail", "FR").ends_with(" Retail SARL"));
        assert_ne!(company(3, "retail", "FR"), company(4, "retail", "FR"));
        assert_eq!(customer_id(12), "C0000012");
    }
}
