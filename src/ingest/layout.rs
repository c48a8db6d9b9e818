//! What is known beforehand of how a file is written. Whatever is not declared is detected, for the file as a whole.

use encoding_rs::Encoding;

/// How a file is written, as far as somebody declared it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layout {
    /// The byte between the fields of a record: a comma, a semicolon, a tab, a bar or any other of ASCII.
    pub delimiter: Option<u8>,
    /// The byte around fields that hold a delimiter, a quote or a line break.
    pub quote: Option<u8>,
    /// The encoding of a text file, as [`Encoding::for_label`] knows it. A byte order mark has the last word.
    pub encoding: Option<&'static Encoding>,
    /// The sheet of a workbook; a name after `#` in the path goes before it.
    pub sheet: Option<String>,
}
