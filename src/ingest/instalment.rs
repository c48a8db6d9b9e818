//! Invoices that are due in several parts: each part is an invoice of its own, `<invoice_id>/<instalment>`.

use super::IngestError;
use super::empty::is_null_spelling;
use super::table::{Part, Table, texts_of};
use polars::prelude::*;

/// The column of the id that an instalment was billed under; no user's column has this name.
pub(super) const DOCUMENT: &str = "arrears.document_id";

/// Names each instalment of a part; a payment that names one is for it alone.
///
/// # Errors
/// [`IngestError::Internal`] if the frame cannot be rebuilt.
pub(super) fn name(part: &mut Part, table: Table) -> Result<(), IngestError> {
    if part.frame.column("instalment").is_err() || part.frame.column("invoice_id").is_err() {
        return Ok(());
    }
    let mut frame = part.frame.clone();
    let (ids, instalments) = (texts_of(&frame, "invoice_id")?, texts_of(&frame, "instalment")?);
    let said =
        |text: Option<&'_ str>| text.map(str::trim).is_some_and(|t| !t.is_empty() && !is_null_spelling(t));
    let rows = || ids.iter().zip(instalments.iter());
    let named: StringChunked = rows()
        .map(|(id, instalment)| match id.zip(instalment) {
            Some((document, number)) if said(id) && said(instalment) => {
                Some(format!("{}/{}", document.trim(), number.trim()))
            }
            _ => id.map(str::to_owned),
        })
        .collect();
    frame.with_column(named.with_name("invoice_id".into()).into_series().into())?;
    if table == Table::Invoices {
        let documents: StringChunked = rows().map(|(id, number)| id.filter(|_| said(number))).collect();
        frame.with_column(documents.with_name(DOCUMENT.into()).into_series().into())?;
    }
    part.set_columns(frame);
    Ok(())
}
