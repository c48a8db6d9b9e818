//! Finding a column by its header.

use super::IngestError;
use std::path::Path;

/// The header of a file that fits a wanted one: the same text, else the one whose letters and digits are the same in
/// any case.
///
/// # Errors
/// [`IngestError::AmbiguousColumn`] if two are as near.
pub(super) fn find<'f>(
    wanted: &str,
    found: &'f [String],
    field: &'static str,
    file: &Path,
) -> Result<Option<&'f str>, IngestError> {
    if let Some(same) = found.iter().find(|header| *header == wanted) {
        return Ok(Some(same));
    }
    let mut near = found.iter().filter(|header| fits(header, wanted));
    match (near.next(), near.next()) {
        (Some(header), Some(other)) if header != other => Err(IngestError::AmbiguousColumn {
            file: file.to_owned(),
            field,
            column: format!("{header}` and `{other}"),
        }),
        (header, _) => Ok(header.map(String::as_str)),
    }
}

/// Whether the letters and digits of two headers are the same, in any case.
pub(super) fn fits(a: &str, b: &str) -> bool {
    let plain = |text: &str| -> String {
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    let a = plain(a);
    !a.is_empty() && a == plain(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(wanted: &str, headers: &[&str]) -> Result<Option<String>, IngestError> {
        let headers: Vec<String> = headers.iter().map(|h| (*h).to_owned()).collect();
        Ok(find(wanted, &headers, "amount", Path::new("i.csv"))?.map(str::to_owned))
    }

    #[test]
    fn a_header_is_found_as_written_before_it_is_found_by_its_letters() {
        assert_eq!(found("Due Date", &["due_date", "Due Date"]).unwrap().as_deref(), Some("Due Date"));
        assert_eq!(found("due_date", &["x", "Due Date"]).unwrap().as_deref(), Some("Due Date"));
        assert_eq!(found("due_date", &["Due", "date"]).unwrap(), None);
        let two = found("due_date", &["Due Date", "DUE-DATE"]).unwrap_err();
        assert!(two.to_string().contains("`Due Date` and `DUE-DATE`"), "{two}");
    }
}
