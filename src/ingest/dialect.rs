//! How a delimited text file is written: between fields, and around them.

use super::layout::Layout;

/// Bytes that are looked at, and records among them.
const SAMPLE_BYTES: usize = 1 << 18;
const SAMPLE_RECORDS: usize = 200;

/// Delimiters that are looked for, the likeliest first.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// Whether the header has the wanted columns, whether there is more than one column, records as wide as the header, and
/// columns.
type Rank = (bool, bool, usize, usize);

/// What stands between the fields of a file and around them, and where its header begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dialect {
    pub delimiter: u8,
    pub quote: u8,
    /// Bytes before the header: the line `sep=;` that Excel writes and reads.
    pub header_at: usize,
}

impl Dialect {
    /// Commas, and double quotes where need be.
    #[cfg(test)]
    pub const COMMAS: Self = Self { delimiter: b',', quote: b'"', header_at: 0 };

    /// What is declared, or else what the header and the first records say: the delimiter under which the header
    /// has the wanted columns (`fits`), then the one under which most records are as wide as the header, then the one
    /// that gives most columns. Where they are equal, `preferred` wins.
    pub fn detect(text: &str, layout: &Layout, preferred: u8, fits: impl Fn(&[String]) -> bool) -> Self {
        let (announced, header_at) = announced(text);
        let mut end = SAMPLE_BYTES.min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let sample = &text[header_at..end.max(header_at)];
        let quote = layout.quote.unwrap_or_else(|| quote(sample));
        if let Some(delimiter) = layout.delimiter.or(announced) {
            return Self { delimiter, quote, header_at };
        }
        let mut best = (Rank::default(), Self { delimiter: preferred, quote, header_at });
        for delimiter in std::iter::once(preferred).chain(DELIMITERS) {
            let candidate = Self { delimiter, quote, header_at };
            let rank = candidate.rank(sample, &fits);
            if rank > best.0 {
                best = (rank, candidate);
            }
        }
        best.1
    }

    /// A reader of records that takes whatever width they have.
    pub fn reader<'a>(&self, bytes: &'a [u8]) -> csv::Reader<&'a [u8]> {
        csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(self.delimiter)
            .quote(self.quote)
            .from_reader(bytes)
    }

    /// How well a sample goes with it; the larger, the better.
    fn rank(&self, sample: &str, fits: &impl Fn(&[String]) -> bool) -> Rank {
        let mut records = self.reader(sample.as_bytes()).into_records().map_while(Result::ok);
        let Some(header) = records.next() else { return Rank::default() };
        let names: Vec<String> = header.iter().map(|name| name.trim().to_owned()).collect();
        let width = names.len();
        let agreeing = records.take(SAMPLE_RECORDS).filter(|r| r.len() == width).count();
        (fits(&names), width > 1, agreeing, width)
    }

    /// As `check` says it; a comma and double quotes go without saying.
    pub fn name(&self) -> String {
        let mut name = String::new();
        match self.delimiter {
            b',' => {}
            b'\t' => name.push_str(", tabs"),
            other => name.push_str(&format!(", delimiter `{}`", char::from(other))),
        }
        if self.quote != b'"' {
            name.push_str(&format!(", quote `{}`", char::from(self.quote)));
        }
        name
    }
}

/// The delimiter of a first line such as `sep=;`, and where the next line begins.
fn announced(text: &str) -> (Option<u8>, usize) {
    let line = text.split(['\n', '\r']).next().unwrap_or_default();
    let unquoted = line.trim_matches('"');
    match unquoted.strip_prefix("sep=").or_else(|| unquoted.strip_prefix("SEP=")).map(str::as_bytes) {
        Some([delimiter]) if delimiter.is_ascii() => {
            let rest = &text[line.len()..];
            let end = if rest.starts_with("\r\n") { 2 } else { usize::from(!rest.is_empty()) };
            (Some(*delimiter), line.len() + end)
        }
        _ => (None, 0),
    }
}

/// A single quote if the header is quoted by single ones and has no double one, else a double one.
fn quote(sample: &str) -> u8 {
    let header = sample.split(['\n', '\r']).find(|line| !line.is_empty()).unwrap_or_default();
    let quoted = header.len() > 2 && header.starts_with('\'') && header.ends_with('\'');
    let between = DELIMITERS.iter().any(|d| header.contains(&format!("'{}'", char::from(*d))));
    if quoted && between && !header.contains('"') { b'\'' } else { b'"' }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detect(text: &str, preferred: u8, wanted: &[&str]) -> Dialect {
        let fits = |names: &[String]| wanted.iter().all(|w| names.iter().any(|n| n == w));
        Dialect::detect(text, &Layout::default(), preferred, fits)
    }

    #[test]
    fn the_delimiter_is_the_one_under_which_the_wanted_columns_are_there() {
        for d in [",", ";", "\t", "|"] {
            let text = format!("id{d}amount{d}note\n1{d}2{d}x\n");
            assert_eq!(detect(&text, b',', &["id", "amount"]).delimiter, d.as_bytes()[0]);
        }
        let text = "id;amount, net;a,b,c\n1;2,5;x,y,z\n";
        assert_eq!(detect(text, b',', &["id"]).delimiter, b';');
    }

    #[test]
    fn without_a_wanted_column_the_widths_of_the_records_decide() {
        assert_eq!(detect("a;b,c\n1;2\n3;4\n", b',', &["id"]).delimiter, b';');
        assert_eq!(detect("a|b|c\n1|2,5|3\n", b',', &["id"]).delimiter, b'|');
        assert_eq!(detect("a\n1\n", b'\t', &["id"]).delimiter, b'\t', "nothing to tell by");
    }

    #[test]
    fn the_first_line_of_excel_is_no_header() {
        let text = "sep=;\r\na;b\r\n";
        let found = detect(text, b',', &[]);
        assert_eq!((found.delimiter, &text[found.header_at..]), (b';', "a;b\r\n"));
        assert_eq!(announced("sep=;"), (Some(b';'), 5));
        assert_eq!(announced("sep=ab;c\n"), (None, 0));
    }

    #[test]
    fn single_quotes_are_seen_where_the_header_is_quoted_by_them() {
        assert_eq!(detect("'id';'na;me'\n'1';'2'\n", b',', &["id"]).quote, b'\'');
        assert_eq!(detect("id;name\n'1;2'\n", b',', &["id"]).quote, b'"');
    }

    #[test]
    fn a_declaration_is_not_argued_with() {
        let layout = Layout { delimiter: Some(b'^'), quote: Some(b'~'), ..Layout::default() };
        let found = Dialect::detect("a;b\n", &layout, b',', |_| true);
        assert_eq!(found.name(), ", delimiter `^`, quote `~`");
        assert_eq!(Dialect::COMMAS.name(), "");
    }
}
