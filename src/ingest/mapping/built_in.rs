//! The mappings of well-known exports. Each is a file that says at its top which export it fits.

/// Name and text of each.
pub(super) const ALL: [(&str, &str); 11] = [
    ("canonical", ""),
    ("ibm-ar", include_str!("built_in/ibm-ar.toml")),
    ("sap-fi", include_str!("built_in/sap-fi.toml")),
    ("sap-fbl5n", include_str!("built_in/sap-fbl5n.toml")),
    ("highradius", include_str!("built_in/highradius.toml")),
    ("dynamics365", include_str!("built_in/dynamics365.toml")),
    ("quickbooks", include_str!("built_in/quickbooks.toml")),
    ("xero", include_str!("built_in/xero.toml")),
    ("netsuite", include_str!("built_in/netsuite.toml")),
    ("erpnext", include_str!("built_in/erpnext.toml")),
    ("odoo", include_str!("built_in/odoo.toml")),
];

/// The TOML of a name.
pub(super) fn text(name: &str) -> Option<&'static str> {
    ALL.iter().find(|(n, _)| *n == name).map(|(_, text)| *text)
}

#[cfg(test)]
mod tests {
    use crate::ingest::mapping::Mapping;
    use crate::ingest::table::Table;

    #[test]
    fn ibm_ar_reads_no_disputed_column() {
        let mapping = Mapping::built_in("ibm-ar").unwrap();
        let columns = &mapping.of(Table::Invoices).columns;
        assert!(columns.iter().all(|(field, _)| !field.starts_with("dispute")));
        assert!(!format!("{columns:?}").contains("Disputed"));
        assert!(columns.iter().any(|(field, _)| *field == "paid_date"));
    }

    #[test]
    fn an_unknown_profile_is_refused_with_the_names_that_exist() {
        let refused = Mapping::built_in("sap").unwrap_err();
        assert!(refused.to_string().contains("no profile is named `sap`"), "{refused}");
        assert!(refused.to_string().contains("sap-fi"), "{refused}");
        assert_eq!(refused.exit_code(), 2);
    }
}
