//! What a suggestion looks at: every column of the first part of a table, of each sheet if nobody has chosen one.

use super::survey::Survey;
use crate::ingest::fetch::Fetched;
use crate::ingest::mapping::{AUX, Filter, Mapping, Source, TableMapping, Test};
use crate::ingest::source::{self, sources};
use crate::ingest::table::{Kind, Part, Table, texts_of};
use crate::ingest::{IngestError, Layout, format};
use std::path::Path;

/// The first part of a table.
pub(super) enum Origin {
    File(source::Source),
    /// Standard input, or what a URL names: it can be got once and is read several times.
    Bytes(Fetched),
}

/// A sheet of a workbook, or all of another file.
pub(super) struct Sheet {
    /// Its name, where the workbook has others and nobody has chosen one.
    pub name: Option<String>,
    pub columns: Vec<Survey>,
}

impl Origin {
    /// Of what was fetched, or of the files that the path names.
    ///
    /// # Errors
    /// Those of [`sources`].
    pub fn first(path: &Path, fetched: Option<Vec<Fetched>>) -> Result<Self, IngestError> {
        let first = match fetched {
            Some(parts) => parts.into_iter().next().map(Self::Bytes),
            None => sources(path)?.into_iter().next().map(Self::File),
        };
        first.ok_or_else(|| IngestError::NothingThere { path: path.to_owned() })
    }

    /// Every column, by sheet.
    ///
    /// # Errors
    /// As [`crate::ingest::read`], but for what a mapping would have to say.
    pub fn sheets(&self, table: Table) -> Result<Vec<Sheet>, IngestError> {
        let names = match self.columns(table, &Layout::default()) {
            Err(IngestError::NoSheetFits { found, .. }) => found,
            columns => return Ok(vec![Sheet { name: None, columns: columns? }]),
        };
        let (mut sheets, mut first_error) = (Vec::new(), None);
        for name in names {
            let layout = Layout { sheet: Some(name.clone()), ..Layout::default() };
            match self.columns(table, &layout) {
                Ok(columns) => sheets.push(Sheet { name: Some(name), columns }),
                Err(e) => first_error = first_error.or(Some(e)),
            }
        }
        match first_error {
            Some(e) if sheets.is_empty() => Err(e),
            _ => Ok(sheets),
        }
    }

    fn columns(&self, table: Table, layout: &Layout) -> Result<Vec<Survey>, IngestError> {
        let headers = self.headers(table, layout)?;
        let mut distinct: Vec<String> = Vec::new();
        for header in headers.iter().filter(|header| !header.is_empty()) {
            if headers.iter().filter(|other| *other == header).count() == 1 {
                distinct.push(header.clone());
            }
        }
        let mut surveys = Vec::new();
        for headers in distinct.chunks(AUX.len()) {
            let optional = table.fields().iter().find(|f| !f.required && f.kind == Kind::Text);
            let any = optional.map_or("name", |field| field.name);
            let constants = table.fields().iter().filter(|f| f.name != any).map(|f| (f.name, String::new()));
            // leaves no row out, but a row without the first column is no header
            let header = Filter {
                column: headers[..1].to_vec(),
                keep: false,
                test: Test::Values(Vec::new()),
                optional: false,
            };
            let mapping = TableMapping {
                columns: vec![(any, Source::First(headers.to_vec()))],
                constants: constants.collect(),
                filters: vec![header],
                ..TableMapping::default()
            };
            let part = self.read(table, mapping, layout)?;
            for (header, slot) in headers.iter().zip(AUX) {
                surveys.push(Survey::of(header, texts_of(&part.frame, slot)?.iter()));
            }
        }
        Ok(surveys)
    }

    /// A mapping that wants a column which the file has not is told what there is.
    fn headers(&self, table: Table, layout: &Layout) -> Result<Vec<String>, IngestError> {
        let told = |length: usize| {
            let nothing = Source::Header(vec!["\u{0}".repeat(length)]);
            let columns = table.fields().iter().map(|field| (field.name, nothing.clone())).collect();
            match self.read(table, TableMapping { columns, ..TableMapping::default() }, layout) {
                Err(IngestError::MissingColumn { found, .. }) => Some(Ok(found)),
                // it has it after all
                Ok(_) | Err(IngestError::AmbiguousColumn { .. }) => None,
                Err(other) => Some(Err(other)),
            }
        };
        (1..).find_map(told).unwrap_or_else(|| Err(IngestError::internal("every name is a header")))
    }

    fn read(&self, table: Table, mapping: TableMapping, layout: &Layout) -> Result<Part, IngestError> {
        let mapping = Mapping::of_table(table, mapping);
        match self {
            Self::File(source) => format::read(source, table, &mapping, layout),
            Self::Bytes(part) => part.clone().read(table, &mapping, layout),
        }
    }
}
