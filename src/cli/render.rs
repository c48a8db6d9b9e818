//! The only place that prints: data to standard output, everything meant for a person to standard error.

use crate::error::Error;
use crate::pipeline::Summary;
use anstream::adapter::strip_str;
use clap::ValueEnum;
use serde::Serialize;
use std::io::{self, IsTerminal, Write};

/// How standard output is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)] // a doc here would become help text and triple its length
pub enum Format {
    #[default]
    Text,
    Json,
}

/// Where a verb prints.
#[derive(Debug, Clone, Copy)]
pub struct Screen {
    format: Format,
    quiet: bool,
}

impl Screen {
    /// A screen as the common flags ask for it.
    pub fn new(format: Format, quiet: bool) -> Self {
        Self { format, quiet }
    }

    /// Prints a verb's answer to standard output, as text or as JSON.
    ///
    /// # Errors
    /// [`Error::Print`] if it cannot be written. A reader that has gone away, as `head` does, is no error.
    pub fn data<T: Serialize>(&self, text: impl FnOnce() -> String, value: &T) -> Result<(), Error> {
        let text = match self.format {
            Format::Text => text(),
            Format::Json => {
                serde_json::to_string_pretty(value).map_err(|e| Error::Print(io::Error::other(e)))?
            }
        };
        let mut out = anstream::stdout().lock();
        let printed = writeln!(out, "{}", text.trim_end()).and_then(|()| out.flush());
        match printed {
            Err(e) if e.kind() != io::ErrorKind::BrokenPipe => Err(Error::Print(e)),
            _ => Ok(()),
        }
    }

    /// Tells a person something on standard error, unless `--quiet`.
    pub fn note(&self, line: &str) {
        if !self.quiet {
            to_person(line);
        }
    }

    /// Warns a person, unless `--quiet`; the manifest holds every warning too.
    pub fn warning(&self, line: &str) {
        self.note(&format!("warning: {line}"));
    }

    /// Whether anything may be told to a person.
    pub fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Whether a person is looking at standard error.
    pub fn is_terminal(&self) -> bool {
        io::stderr().is_terminal()
    }
}

/// How a word stands out on a terminal. What is printed elsewhere, or under NO_COLOR, is the plain word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // their names say it
pub enum Style {
    Heading,
    Good,
    Doubtful,
    Bad,
    Quiet,
}

impl Style {
    /// The text in this style; nothing stays nothing.
    pub fn on(self, text: &str) -> String {
        let code = match self {
            Self::Heading => "1",
            Self::Good => "32",
            Self::Doubtful => "33",
            Self::Bad => "1;31",
            Self::Quiet => "2",
        };
        if text.is_empty() { String::new() } else { format!("\u{1b}[{code}m{text}\u{1b}[0m") }
    }
}

/// Words that lines for a person begin with.
const WORDS: [(&str, Style); 3] =
    [("error:", Style::Bad), ("warning:", Style::Doubtful), ("hint:", Style::Heading)];

/// A line with its first word in style, if that is one of [`WORDS`].
fn emphasised(line: &str) -> String {
    let word = WORDS.iter().find_map(|(word, style)| Some((style.on(word), line.strip_prefix(word)?)));
    word.map_or_else(|| line.to_owned(), |(word, rest)| word + rest)
}

/// Prints an error, what caused it, and what to do next.
pub fn print_error(error: &Error) {
    to_person(&format!("error: {}", error.in_full()));
}

/// Lines on standard error. There is nobody to tell when that fails.
fn to_person(lines: &str) {
    let lines: Vec<String> = lines.lines().map(emphasised).collect();
    let _lost = writeln!(anstream::stderr().lock(), "{}", lines.join("\n"));
}

/// A run in short: what is open and late, what is expected by week, whom to contact first.
pub fn summary(s: &Summary) -> String {
    let mut text = format!(
        "as of {}: {} invoices of {} customers known, {} open, {} of them overdue\n\
         open and not yet due: {:.1} % expected to be paid late\n",
        s.as_of,
        s.n_invoices,
        s.n_customers,
        s.n_open,
        s.n_overdue,
        100.0 * s.mean_late_prob
    );
    for c in &s.currencies {
        let rows: Vec<[String; 2]> = c.aging.iter().map(|(b, a)| [b.clone(), format!("{a:>18}")]).collect();
        text.push_str(&format!(
            "\n{} open by days past due\n{}",
            c.currency,
            aligned(["bucket", "amount"], &rows)
        ));
        let rows: Vec<[String; 3]> = c
            .weeks
            .iter()
            .map(|(day, e, lo, hi)| [day.to_string(), format!("{e:>14.0}"), format!("{lo:>14.0} to {hi:.0}")])
            .collect();
        let head = ["week from", "expected", "8 in 10 futures"];
        text.push_str(&format!("\n{} cash of open invoices\n{}", c.currency, aligned(head, &rows)));
    }
    let rows: Vec<[String; 7]> = s
        .first
        .iter()
        .map(|c| {
            [
                c.rank.to_string(),
                c.customer_id.clone(),
                c.action.clone(),
                format!("{:>16}", c.open_amount),
                format!("{:>16}", c.overdue_amount),
                format!("{:>10.0}", c.expected_gain),
                c.reason.clone(),
            ]
        })
        .collect();
    let head = ["rank", "customer", "action", "open", "overdue", "gain", "reason"];
    text.push_str(&format!("\nto contact first, {}\n{}", s.reporting_currency, aligned(head, &rows)));
    text
}

/// Rows under a header, columns aligned, two blanks between them and before them; the last column is left ragged.
pub fn aligned<const N: usize>(header: [&str; N], rows: &[[String; N]]) -> String {
    let rows: Vec<&[String]> = rows.iter().map(<[String; N]>::as_slice).collect();
    aligned_rows(&header, &rows)
}

/// [`aligned`] of as many columns as the header has.
pub fn aligned_rows<R: AsRef<[String]>>(header: &[&str], rows: &[R]) -> String {
    let mut width: Vec<usize> = header.iter().map(|h| shown_width(h)).collect();
    for row in rows {
        for (w, cell) in width.iter_mut().zip(row.as_ref()) {
            *w = (*w).max(shown_width(cell));
        }
    }
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let pad = |c: &str, w: usize| " ".repeat(w - shown_width(c));
        let padded: String = cells.zip(&width).map(|(c, &w)| format!("  {c}{}", pad(c, w))).collect();
        padded.trim_end().to_owned()
    };
    let body: String = rows.iter().map(|r| line(&mut r.as_ref().iter().map(String::as_str)) + "\n").collect();
    Style::Heading.on(&line(&mut header.iter().copied())) + "\n" + &body
}

/// Characters of a text as it is seen, without its styles.
fn shown_width(text: &str) -> usize {
    strip_str(text).to_string().chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [["ü".to_owned(), "x".to_owned()], ["abc".to_owned(), String::new()]];
        let text = aligned(["a", "b"], &rows);
        assert_eq!(strip_str(&text).to_string(), "  a    b\n  ü    x\n  abc\n");
    }

    #[test]
    fn a_style_takes_no_room_in_a_column() {
        let rows = [[Style::Good.on("ok"), "x".to_owned()], ["fault".to_owned(), "y".to_owned()]];
        let text = aligned(["", "b"], &rows);
        assert!(text.contains("\u{1b}[32mok\u{1b}[0m     x\n"), "{text:?}");
        assert_eq!(strip_str(&text).to_string(), "         b\n  ok     x\n  fault  y\n");
    }

    #[test]
    fn the_first_word_of_a_line_stands_out() {
        assert_eq!(emphasised("warning: x"), "\u{1b}[33mwarning:\u{1b}[0m x");
        assert_eq!(emphasised("no warning: x"), "no warning: x");
    }
}
