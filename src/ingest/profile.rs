//! How an export's columns and dates become canonical ones.

use super::IngestError;
use super::table::Table;
use crate::core::Day;
use std::path::Path;

/// How dates are written in a text column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DateShape {
    /// `YYYY-MM-DD`, alone or before a time of day, which is dropped.
    #[default]
    Iso,
    /// `M/D/YYYY`, with or without leading zeros.
    MonthDayYear,
}

impl DateShape {
    /// The shape as a message names it.
    pub fn pattern(self) -> &'static str {
        match self {
            Self::Iso => "YYYY-MM-DD",
            Self::MonthDayYear => "M/D/YYYY",
        }
    }

    /// The day that a text of this shape names, if it is one that the calendar has.
    pub(super) fn read(self, text: &str) -> Option<Day> {
        match self {
            Self::Iso => {
                let (date, time) = text.split_at_checked(10)?;
                if is_time_of_day(time) { date.parse().ok() } else { None }
            }
            Self::MonthDayYear => {
                let mut parts = text.splitn(3, '/').map(digits);
                let (month, day, year) = (parts.next()??, parts.next()??, parts.next()??);
                if text.len() < 8 || year < 1000 { None } else { Day::try_new(year as i32, month, day) }
            }
        }
    }

    /// A day in this shape.
    pub(super) fn write(self, day: Day) -> String {
        match self {
            Self::Iso => day.to_string(),
            Self::MonthDayYear => {
                let (y, m, d) = day.civil();
                format!("{m}/{d}/{y}")
            }
        }
    }
}

/// Nothing, or `T` or a space and a time such as `09:23:44.65+02:00`, whose value does not matter.
fn is_time_of_day(text: &str) -> bool {
    match text.as_bytes() {
        [] => true,
        [b'T' | b' ', h1, h2, b':', rest @ ..] => {
            let of_time = |c: &u8| c.is_ascii_digit() || b":.,+-Z ".contains(c);
            h1.is_ascii_digit() && h2.is_ascii_digit() && !rest.is_empty() && rest.iter().all(of_time)
        }
        _ => false,
    }
}

/// One to four ASCII digits as a number.
fn digits(text: &str) -> Option<u32> {
    let fits = (1..=4).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_digit());
    if fits { text.parse().ok() } else { None }
}

/// What is known of an export: the columns that hold the canonical fields, the shape of its dates and its
/// currency. It speaks of invoices; the other tables are canonical under every profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Profile {
    name: &'static str,
    /// Canonical field and its column; empty when the columns bear the canonical names.
    columns: &'static [(&'static str, &'static str)],
    dates: DateShape,
    /// The currency of every invoice, for exports that have no column of it.
    pub(super) currency: Option<&'static str>,
}

impl Default for Profile {
    fn default() -> Self {
        Self::CANONICAL
    }
}

impl Profile {
    /// Columns bear the names of the contract and dates are ISO 8601.
    pub const CANONICAL: Self =
        Self { name: "canonical", columns: &[], dates: DateShape::Iso, currency: None };

    /// IBM Watson's sample of receivables. `Disputed` has no date, so nobody can tell when it was known: it is
    /// not read.
    pub const IBM_AR: Self = Self {
        name: "ibm-ar",
        columns: &[
            ("invoice_id", "invoiceNumber"),
            ("customer_id", "customerID"),
            ("issue_date", "InvoiceDate"),
            ("due_date", "DueDate"),
            ("amount", "InvoiceAmount"),
            ("paid_date", "SettledDate"),
        ],
        dates: DateShape::MonthDayYear,
        currency: Some("USD"),
    };

    const ALL: [Self; 2] = [Self::CANONICAL, Self::IBM_AR];

    /// The profile of a name.
    ///
    /// # Errors
    /// [`IngestError::UnknownProfile`] lists the names that exist.
    ///
    /// ```
    /// use arrears::ingest::Profile;
    /// assert_eq!(Profile::from_name("ibm-ar")?, Profile::IBM_AR);
    /// let refused = Profile::from_name("ibm").unwrap_err();
    /// assert_eq!(refused.to_string(), "no profile is named `ibm` (known: canonical, ibm-ar)");
    /// # Ok::<(), arrears::ingest::IngestError>(())
    /// ```
    pub fn from_name(name: &str) -> Result<Self, IngestError> {
        let found = Self::ALL.into_iter().find(|p| p.name == name);
        found.ok_or_else(|| IngestError::UnknownProfile { found: name.to_owned() })
    }

    /// The names that [`Profile::from_name`] knows.
    pub fn names() -> Vec<&'static str> {
        Self::ALL.iter().map(|p| p.name).collect()
    }

    /// The name of this profile.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The column that holds a field of a table; `None` if the export has none.
    pub(super) fn column_of(&self, table: Table, field: &'static str) -> Option<&'static str> {
        if table != Table::Invoices || self.columns.is_empty() {
            return Some(field);
        }
        self.columns.iter().find(|(f, _)| *f == field).map(|(_, column)| *column)
    }

    /// The fields of a table that a file has, each with its column.
    ///
    /// # Errors
    /// [`IngestError::MissingColumn`] for the first field that cannot be done without.
    pub(super) fn columns_of(
        &self,
        table: Table,
        found: &[String],
        file: &Path,
    ) -> Result<Vec<(&'static str, &'static str)>, IngestError> {
        let has = |column: &str| found.iter().any(|name| name == column);
        let missing = |field, column| IngestError::MissingColumn {
            file: file.to_owned(),
            field,
            column,
            found: found.to_vec(),
        };
        let mut columns = Vec::new();
        for field in table.fields() {
            let column = self.column_of(table, field.name);
            match column.filter(|c| has(c)) {
                Some(column) => columns.push((field.name, column)),
                None if field.required => return Err(missing(field.name, column.unwrap_or(field.name))),
                None => {}
            }
        }
        let is_dated = |(field, _): &(&str, &str)| *field == "due_date" || *field == "terms_days";
        if table == Table::Invoices && !columns.iter().any(is_dated) {
            return Err(missing("due_date", self.column_of(table, "due_date").unwrap_or("due_date")));
        }
        let is_owed = |(field, _): &(&str, &str)| *field == "invoice_id" || *field == "customer_id";
        if table == Table::Payments && !columns.iter().any(is_owed) {
            return Err(missing("invoice_id", self.column_of(table, "invoice_id").unwrap_or("invoice_id")));
        }
        Ok(columns)
    }

    /// How text dates of a table are written.
    pub(super) fn dates_of(&self, table: Table) -> DateShape {
        if table == Table::Invoices { self.dates } else { DateShape::Iso }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn iso(text: &str) -> Option<String> {
        DateShape::Iso.read(text).map(|d| d.to_string())
    }

    #[test]
    fn a_time_of_day_after_an_iso_date_is_dropped() {
        for text in ["2024-02-29", "2024-02-29T23:59:59.651581", "2024-02-29 00:00:00", "2024-02-29T10:00Z"] {
            assert_eq!(iso(text).as_deref(), Some("2024-02-29"), "{text}");
        }
    }

    #[test]
    fn other_texts_are_no_iso_date() {
        for text in [
            "",
            "2024-2-1",
            "2024-02-30",
            "01/02/2024",
            "2024-02-01x",
            "2024-02-01 soon",
            "2024-02-01T",
            "é2024-02-01",
        ] {
            assert_eq!(iso(text), None, "{text}");
        }
    }

    #[test]
    fn american_dates_do_without_leading_zeros() {
        let read = |t| DateShape::MonthDayYear.read(t).map(|d| d.to_string());
        assert_eq!(read("1/15/2013").as_deref(), Some("2013-01-15"));
        assert_eq!(read("01/05/2013").as_deref(), Some("2013-01-05"));
        for text in ["15/1/2013", "1/1/13", "1/1/", "2013-01-15", "1/1/2013/4", "+1/1/2013", "/1/2013"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn a_written_day_reads_back_in_either_shape() {
        for shape in [DateShape::Iso, DateShape::MonthDayYear] {
            for d in (-20_000..60_000).step_by(97) {
                assert_eq!(shape.read(&shape.write(Day(d))), Some(Day(d)));
            }
        }
    }

    #[test]
    fn ibm_ar_reads_no_disputed_column() {
        assert_eq!(Profile::IBM_AR.column_of(Table::Invoices, "dispute_date"), None);
        assert!(Profile::IBM_AR.columns.iter().all(|(_, column)| *column != "Disputed"));
    }
}
