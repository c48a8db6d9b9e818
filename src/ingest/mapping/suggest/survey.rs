//! What the values of a column are.

use crate::core::Currency;
use crate::ingest::mapping::date::DateFormat;
use crate::ingest::mapping::number::{DecimalMark, Marks, NumberStyle};
use std::collections::BTreeMap;

/// Formats that a suggestion may name, the strictest first: of two that read a column alike the first is named.
const PATTERNS: [&str; 17] = [
    "YYYY-MM-DD",
    "YYYYMMDD",
    "YYYY/MM/DD",
    "YYYY.MM.DD",
    "DD/MM/YYYY",
    "MM/DD/YYYY",
    "D/M/YYYY",
    "M/D/YYYY",
    "DD.MM.YYYY",
    "D.M.YYYY",
    "DD-MM-YYYY",
    "MM-DD-YYYY",
    "DD-Mon-YYYY",
    "DD Mon YYYY",
    "Mon DD, YYYY",
    "DD.MM.YY",
    "YYYY/M/D",
];
/// Share of the values that must be what a column is said to hold: some rows of an export are always odd.
const MOST: f64 = 0.9;
/// Different values of a column that are remembered.
const DISTINCT: usize = 50_000;

/// What the values of a column are.
#[derive(Debug, Clone)]
pub(super) struct Survey {
    pub header: String,
    /// Letters and digits of the header, in lower case.
    pub name: String,
    /// Values that are not empty.
    pub n: usize,
    rows: usize,
    /// Values and how often each is there.
    pub values: BTreeMap<String, usize>,
}

/// How a column of dates is written.
#[derive(Debug, PartialEq)]
pub(super) enum Written {
    /// In these formats, of which each value fits one.
    As(Vec<&'static str>),
    /// In either of two, and nothing in the column tells which; with a value that shows it.
    Either(&'static str, &'static str, String),
    /// In both of two orders; with a value of each.
    Mixed(Vec<&'static str>, String, String),
}

impl Survey {
    pub fn of<'t>(header: &str, values: impl Iterator<Item = Option<&'t str>>) -> Self {
        let name = spelt(header);
        let mut survey = Self { header: header.to_owned(), name, n: 0, rows: 0, values: BTreeMap::new() };
        for value in values {
            survey.rows += 1;
            let Some(text) = value.map(str::trim).filter(|t| !t.is_empty()) else { continue };
            survey.n += 1;
            if let Some(count) = survey.values.get_mut(text) {
                *count += 1;
            } else if survey.values.len() < DISTINCT {
                survey.values.insert(text.to_owned(), 1);
            }
        }
        survey
    }

    /// Share of the values for which something holds.
    fn share(&self, holds: impl Fn(&str) -> bool) -> f64 {
        let fits: usize = self.values.iter().filter(|(text, _)| holds(text)).map(|(_, n)| n).sum();
        let all: usize = self.values.values().sum();
        if all == 0 { 0.0 } else { fits as f64 / all as f64 }
    }

    pub fn is_date(&self) -> bool {
        let formats = formats();
        self.n > 0 && self.share(|text| formats.iter().any(|(_, f)| f.read(text).is_some())) >= MOST
    }

    pub fn is_number(&self) -> bool {
        let read = |mark, text: &str| NumberStyle { mark, ..NumberStyle::default() }.read(text).is_ok();
        let is_number = |text: &str| read(DecimalMark::Point, text) || read(DecimalMark::Comma, text);
        self.n > 0 && self.share(is_number) >= MOST
    }

    pub fn is_count(&self) -> bool {
        self.n > 0 && self.share(|text| text.parse::<u16>().is_ok_and(|n| n <= 400)) >= MOST
    }

    pub fn is_currency(&self) -> bool {
        self.n > 0 && self.share(|text| Currency::try_new(text).is_some()) >= MOST
    }

    /// Share of the rows with a value.
    pub fn filled(&self) -> f64 {
        if self.rows == 0 { 0.0 } else { self.n as f64 / self.rows as f64 }
    }

    /// Different values for each value.
    pub fn distinct(&self) -> f64 {
        let n = if self.values.len() < DISTINCT { self.n } else { DISTINCT };
        if n == 0 { 0.0 } else { self.values.len() as f64 / n as f64 }
    }

    /// Share of the values of another column that are here too.
    pub fn overlap(&self, other: &Self) -> f64 {
        other.share(|text| self.values.contains_key(text))
    }

    /// Values below zero.
    pub fn n_negative(&self) -> usize {
        let negative = |text: &str| crate::ingest::mapping::number::is_negative(text, &[]);
        self.values.iter().filter(|(text, _)| negative(text)).map(|(_, n)| n).sum()
    }

    /// The decimal mark that the values prove, if they do; else a value that leaves it open.
    pub fn mark(&self) -> Result<Option<DecimalMark>, &str> {
        let of = |wanted: Marks| self.values.keys().find(|text| Marks::of(text, &[]) == wanted);
        match (of(Marks::Point), of(Marks::Comma), of(Marks::CommaOrThousands)) {
            (Some(_), None, _) => Ok(Some(DecimalMark::Point)),
            (None, Some(_), _) => Ok(Some(DecimalMark::Comma)),
            (Some(_), Some(text), _) | (None, None, Some(text)) => Err(text),
            (None, None, None) => Ok(None),
        }
    }

    /// How the dates are written.
    pub fn written(&self) -> Written {
        let formats = formats();
        let reads = |at: usize| self.values.keys().filter(|text| formats[at].1.read(text).is_some()).count();
        let readable: Vec<&String> =
            self.values.keys().filter(|text| formats.iter().any(|(_, f)| f.read(text).is_some())).collect();
        let whole: Vec<usize> = (0..formats.len()).filter(|at| reads(*at) == readable.len()).collect();
        if let Some(&first) = whole.first() {
            let other = whole.iter().find_map(|at| {
                let differs = |text: &&&String| formats[first].1.read(text) != formats[*at].1.read(text);
                readable.iter().find(differs).map(|text| (formats[*at].0, (*text).clone()))
            });
            return match other {
                Some((other, text)) => Written::Either(formats[first].0, other, text),
                None => Written::As(vec![formats[first].0]),
            };
        }
        // the format that reads most of what is left, until nothing is
        let (mut chosen, mut left): (Vec<usize>, Vec<&String>) = (Vec::new(), readable.clone());
        while !left.is_empty() {
            let n = |at: &usize| left.iter().filter(|text| formats[*at].1.read(text).is_some()).count();
            let Some(best) = (0..formats.len()).rev().max_by_key(n).filter(|at| n(at) > 0) else { break };
            left.retain(|text| formats[best].1.read(text).is_none());
            chosen.push(best);
        }
        chosen.sort_unstable();
        let names: Vec<&'static str> = chosen.iter().map(|at| formats[*at].0).collect();
        let clash = crate::ingest::mapping::date::DateStyle::new(
            chosen.iter().map(|at| formats[*at].1.clone()).collect(),
        );
        let Some((a, b)) = clash.clash() else { return Written::As(names) };
        let only = |fits: &DateFormat, other: &DateFormat| {
            let alone = |text: &&&String| fits.read(text).is_some() && other.read(text).is_none();
            readable.iter().find(alone).map(|text| (*text).clone()).unwrap_or_default()
        };
        Written::Mixed(names, only(a, b), only(b, a))
    }
}

/// Letters and digits of a header in lower case, umlauts as two letters.
fn spelt(header: &str) -> String {
    let lower: String = header.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    lower.replace('ä', "ae").replace('ö', "oe").replace('ü', "ue").replace('ß', "ss")
}

fn formats() -> Vec<(&'static str, DateFormat)> {
    PATTERNS.iter().map(|pattern| (*pattern, DateFormat::known(pattern))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(values: &[&str]) -> Written {
        Survey::of("d", values.iter().map(|v| Some(*v))).written()
    }

    #[test]
    fn a_column_is_written_in_the_strictest_format_that_reads_it_all() {
        assert_eq!(written(&["2024-01-31", "2024-02-01"]), Written::As(vec!["YYYY-MM-DD"]));
        assert_eq!(written(&["31/01/2024", "01/02/2024"]), Written::As(vec!["DD/MM/YYYY"]));
        assert_eq!(written(&["1/31/2024", "02/01/2024"]), Written::As(vec!["M/D/YYYY"]));
        assert_eq!(written(&["31.01.2024", "20240201"]), Written::As(vec!["YYYYMMDD", "DD.MM.YYYY"]));
    }

    #[test]
    fn what_no_value_decides_is_left_open() {
        let open = Written::Either("DD/MM/YYYY", "MM/DD/YYYY", "03/04/2024".into());
        assert_eq!(written(&["03/04/2024", "05/05/2024"]), open);
        let mixed =
            Written::Mixed(vec!["DD/MM/YYYY", "MM/DD/YYYY"], "31/01/2024".into(), "01/31/2024".into());
        assert_eq!(written(&["31/01/2024", "01/31/2024"]), mixed);
    }
}
