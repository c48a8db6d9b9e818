//! Writing HTML: text is escaped in one place, and every figure says which cell of which table it is.
//!
//! A `<table data-t="aging">` names its table, `<tr data-r="3">` the row, `<th data-c="amount">` the column; a cell
//! with its own `data-t`, `data-r` or `data-c` overrides those. `data-v` is the value as the contract writes it, where
//! the text differs from it. Charts are drawn from these cells, and a test holds each against its Parquet file.

use super::show::Show;
use crate::contract::{Table, Value};
use std::fmt::{self, Write};

/// A page in the making.
#[derive(Debug, Default)]
pub(super) struct Html(String);

/// Text with everything escaped that means something to HTML.
pub(super) struct Esc<'a>(pub(super) &'a str);

impl fmt::Display for Esc<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        while let Some(at) = rest.find(['&', '<', '>', '"', '\'']) {
            f.write_str(&rest[..at])?;
            f.write_str(match rest.as_bytes()[at] {
                b'&' => "&amp;",
                b'<' => "&lt;",
                b'>' => "&gt;",
                b'"' => "&quot;",
                _ => "&#39;",
            })?;
            rest = &rest[at + 1..];
        }
        f.write_str(rest)
    }
}

/// A text as JSON that can stand in a script element: nothing in it ends the element or a line.
pub(super) fn json(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    let mut out = String::with_capacity(quoted.len());
    for c in quoted.chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                let _infallible = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

/// A column of a table as it is shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shown {
    /// Its name in the contract.
    pub(super) column: &'static str,
    /// Its heading.
    pub(super) head: &'static str,
    /// How values look.
    pub(super) show: Show,
}

/// A column whose values stand right, as numbers do.
pub(super) const fn number(column: &'static str, head: &'static str, show: Show) -> Shown {
    Shown { column, head, show }
}

/// A column of words or days.
pub(super) const fn word(column: &'static str, head: &'static str) -> Shown {
    Shown { column, head, show: Show::Plain }
}

impl Html {
    /// Markup as it stands.
    pub(super) fn raw(&mut self, markup: &str) {
        self.0.push_str(markup);
    }

    /// Text, escaped.
    pub(super) fn text(&mut self, text: &str) {
        self.put(format_args!("{}", Esc(text)));
    }

    /// Formatted markup; texts in it are wrapped in [`Esc`] by the caller.
    pub(super) fn put(&mut self, markup: fmt::Arguments<'_>) {
        let _infallible = self.0.write_fmt(markup);
    }

    /// The page.
    pub(super) fn finish(self) -> String {
        self.0
    }

    /// A cell of a row and column that the table's own markup names.
    pub(super) fn cell(&mut self, value: &Value<'_>, show: Show) {
        self.cell_of(value, show, format_args!(""));
    }

    /// A cell with attributes of its own, each after a blank.
    pub(super) fn cell_of(&mut self, value: &Value<'_>, show: Show, attributes: fmt::Arguments<'_>) {
        let class = match value {
            Value::Date(_) => " class=d",
            value if is_number(value) => " class=n",
            _ => "",
        };
        let text = show.text(value);
        let raw = value.to_string();
        if raw == text {
            self.put(format_args!("<td{class}{attributes}>{}</td>", Esc(&text)));
        } else {
            self.put(format_args!("<td{class}{attributes} data-v=\"{}\">{}</td>", Esc(&raw), Esc(&text)));
        }
    }

    /// A figure of a table in running text.
    pub(super) fn figure(&mut self, table: &Table, row: usize, column: &str, show: Show) {
        let value = table.value(column, row);
        self.put(format_args!(
            "<data class=v data-t={} data-r={row} data-c={column} value=\"{}\">{}</data>",
            table.name(),
            Esc(&value.to_string()),
            Esc(&show.text(&value))
        ));
    }

    /// A figure of the manifest in running text; `pointer` as JSON pointers are written.
    pub(super) fn of_manifest(&mut self, pointer: &str, value: f64, show: Show) {
        self.put(format_args!(
            "<data class=v data-t=manifest data-c=\"{}\" value=\"{value}\">{}</data>",
            Esc(pointer),
            Esc(&show.number(value))
        ));
    }

    /// Some rows of a table, with the contract's meaning of each column on its heading.
    pub(super) fn table(&mut self, caption: &str, table: &Table, rows: &[usize], columns: &[Shown]) {
        self.open_table(caption, table, "");
        self.head(table, columns);
        self.raw("<tbody>");
        for &r in rows {
            self.put(format_args!("<tr data-r={r}>"));
            for c in columns {
                self.cell(&table.value(c.column, r), c.show);
            }
            self.raw("</tr>\n");
        }
        self.close_table();
    }

    /// Opens a table in a frame that scrolls by itself and can be reached by keyboard.
    pub(super) fn open_table(&mut self, caption: &str, table: &Table, attributes: &str) {
        self.open_table_of(caption, table.name(), attributes);
    }

    /// [`Html::open_table`] of a table by its name; `previous:` before it for that of the run before.
    pub(super) fn open_table_of(&mut self, caption: &str, name: &str, attributes: &str) {
        self.put(format_args!(
            "<div class=scroll tabindex=0 role=region aria-label=\"{0}\"><table data-t=\"{1}\"{attributes}><caption>{0}</caption>",
            Esc(caption),
            Esc(name)
        ));
    }

    /// Headings of the columns.
    pub(super) fn head(&mut self, table: &Table, columns: &[Shown]) {
        self.raw("<thead><tr>");
        for c in columns {
            let schema = table.schema().column(c.column);
            let meaning = schema.map_or("", |s| s.meaning);
            let class = if c.show == Show::Plain { "" } else { " class=n" };
            self.put(format_args!(
                "<th scope=col{class} data-c={} title=\"{}\">{}</th>",
                c.column,
                Esc(meaning),
                Esc(c.head)
            ));
        }
        self.raw("</tr></thead>");
    }

    /// Ends what [`Html::open_table`] began and a body in it.
    pub(super) fn close_table(&mut self) {
        self.raw("</tbody></table></div>");
    }
}

fn is_number(value: &Value<'_>) -> bool {
    matches!(value, Value::Int(_) | Value::Double(_) | Value::Amount(_) | Value::Null)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_is_markup() {
        let name = "<script>alert('\"&\"')</script>";
        assert_eq!(Esc(name).to_string(), "&lt;script&gt;alert(&#39;&quot;&amp;&quot;&#39;)&lt;/script&gt;");
        assert_eq!(Esc("plain").to_string(), "plain");
    }

    #[test]
    fn json_in_a_script_ends_neither_the_script_nor_a_line() {
        let text = "</script>\u{2028}\u{2029}<!--\"";
        let json = json(text);
        assert!(json.is_ascii() && !json.contains('<'), "{json}");
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
    }

    #[test]
    fn a_cell_carries_its_value_where_the_text_rounds_it() {
        let mut out = Html::default();
        out.cell(&Value::Double(1234.56), Show::Whole);
        out.cell(&Value::Int(7), Show::Digits(0));
        assert_eq!(out.finish(), "<td class=n data-v=\"1234.56\">1,235</td><td class=n>7</td>");
    }
}
