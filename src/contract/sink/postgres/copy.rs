//! Rows in the text format of COPY, from which every value comes back exactly.

use crate::contract::Value;
use std::fmt::Write;

/// In place of a NUL, which no text of PostgreSQL can hold.
const FOR_NUL: char = '\u{FFFD}';

/// Rows that wait to be sent. Each ends with the id of its run.
pub(super) struct CopyText {
    text: String,
    run_id: String,
}

impl CopyText {
    pub(super) fn new(run_id: &str) -> Self {
        Self { text: String::new(), run_id: run_id.to_owned() }
    }

    /// Appends a row.
    pub(super) fn push_row<'a>(&mut self, values: impl Iterator<Item = Value<'a>>) {
        for value in values {
            self.push(&value);
            self.text.push('\t');
        }
        escape(&mut self.text, &self.run_id);
        self.text.push('\n');
    }

    /// What waits.
    pub(super) fn bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }

    /// Forgets what was sent.
    pub(super) fn clear(&mut self) {
        self.text.clear();
    }

    fn push(&mut self, value: &Value<'_>) {
        // writing to a String cannot fail
        let _written = match value {
            Value::Null => self.text.write_str("\\N"),
            Value::Text(t) => {
                escape(&mut self.text, t);
                Ok(())
            }
            Value::TextList(list) => {
                escape(&mut self.text, &array(list));
                Ok(())
            }
            // the shortest digits that read back as the same number
            Value::Double(v) => write!(self.text, "{v:?}"),
            Value::Date(_) | Value::Int(_) | Value::Amount(_) | Value::Bool(_) => {
                write!(self.text, "{value}")
            }
        };
    }
}

fn escape(to: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '\\' => to.push_str("\\\\"),
            '\n' => to.push_str("\\n"),
            '\r' => to.push_str("\\r"),
            '\t' => to.push_str("\\t"),
            '\0' => to.push(FOR_NUL),
            c => to.push(c),
        }
    }
}

/// The literal of a `text[]`.
fn array(list: &[&str]) -> String {
    let quoted = list.iter().map(|t| format!("\"{}\"", t.replace('\\', "\\\\").replace('"', "\\\"")));
    format!("{{{}}}", quoted.collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::{Amount, Day};

    fn copied(value: Value<'_>) -> String {
        let mut text = CopyText::new("r");
        text.push(&value);
        text.text
    }

    #[test]
    fn marks_of_the_format_are_escaped() {
        assert_eq!(copied(Value::Text("a\tb\nc\rd\\N\0")), "a\\tb\\nc\\rd\\\\N\u{FFFD}");
        assert_eq!(copied(Value::Null), "\\N");
        assert_eq!(copied(Value::TextList(vec!["a", "b\"c", "d\\e", ""])), r#"{"a","b\\"c","d\\\\e",""}"#);
        assert_eq!(copied(Value::TextList(vec![])), "{}");
    }

    #[test]
    fn numbers_and_days_are_written_in_full() {
        assert_eq!(copied(Value::Double(1e300)), "1e300");
        assert_eq!(copied(Value::Double(0.1 + 0.2)), "0.30000000000000004");
        assert_eq!(copied(Value::Amount(Amount(12_345))), "1.2345");
        assert_eq!(copied(Value::Date(Day(0))), "1970-01-01");
        assert_eq!(copied(Value::Bool(true)), "true");
    }

    #[test]
    fn a_row_ends_with_its_run() {
        let mut text = CopyText::new("7f");
        text.push_row([Value::Int(1), Value::Null].into_iter());
        assert_eq!(text.bytes(), b"1\t\\N\t7f\n");
    }
}
