//! The only place that prints: data to standard output, everything meant for a person to standard error.

use crate::error::Error;
use crate::pipeline::Summary;
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
        let mut out = io::stdout().lock();
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

/// Prints an error, what caused it, and what to do next.
pub fn print_error(error: &Error) {
    to_person(&format!("error: {}", error.in_full()));
}

/// One line on standard error. There is nobody to tell when that fails.
fn to_person(line: &str) {
    let _lost = writeln!(io::stderr().lock(), "{line}");
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
    let mut width: Vec<usize> = header.iter().map(|h| h.chars().count()).collect();
    for row in rows {
        for (w, cell) in width.iter_mut().zip(row.as_ref()) {
            *w = (*w).max(cell.chars().count());
        }
    }
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let padded: String = cells.zip(&width).map(|(c, w)| format!("  {c:<w$}")).collect();
        format!("{}\n", padded.trim_end())
    };
    let body: String = rows.iter().map(|r| line(&mut r.as_ref().iter().map(String::as_str))).collect();
    line(&mut header.iter().copied()) + &body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [["ü".to_owned(), "x".to_owned()], ["abc".to_owned(), String::new()]];
        assert_eq!(aligned(["a", "b"], &rows), "  a    b\n  ü    x\n  abc\n");
    }
}
