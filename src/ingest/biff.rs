//! Excel's older workbooks (`.xls`), looked over before anybody makes room for their cells: a damaged one may speak of
//! a cell so far out that the sheet would not fit into memory.
//!
//! Source: MS-CFB for the file in the file, MS-XLS 2.1.4 and 2.4 for its records.

/// The first number that is no sector.
const FIRST_MARK: u32 = 0xFFFF_FFFA;
/// Streams that are shorter are cut into small sectors inside another stream.
const MINI_BELOW: usize = 4096;
const MINI_BYTES: usize = 64;
/// A sheet of the format has no more columns, nor more rows.
const COLUMNS: usize = 256;
const ROWS: usize = 65_536;
/// Of a cell once it is read.
const CELL_BYTES: u64 = 32;

/// Refuses a workbook whose parts are longer than it or whose sheets would take more than `limit` bytes.
///
/// # Errors
/// What is wrong with it.
pub(super) fn look_over(bytes: &[u8], limit: u64) -> Result<(), String> {
    let damaged = || "its directory is damaged".to_owned();
    let Some(book) = stream(bytes).ok_or_else(damaged)? else { return Ok(()) };
    let mut sheets = Vec::new();
    for (kind, content) in records(&book) {
        match kind {
            BOUND_SHEET => sheets.push(u32_at(content, 0).ok_or_else(damaged)? as usize),
            FILE_PASS => return Ok(()),
            END => break,
            _ => {}
        }
    }
    let mut total = 0;
    for start in sheets {
        let area = area(book.get(start..).ok_or_else(damaged)?).ok_or("a cell is outside of its sheet")?;
        total += area * CELL_BYTES;
    }
    if total > limit { Err(format!("its sheets would take {} MiB", total >> 20)) } else { Ok(()) }
}

const BOUND_SHEET: u16 = 0x0085;
const FILE_PASS: u16 = 0x002F;
const DIMENSIONS: u16 = 0x0200;
const MUL_RK: u16 = 0x00BD;
const END: u16 = 0x000A;
/// Number, Label, BoolErr, Rk, LabelSst, RString and Formula: each begins with its row and column.
const CELLS: [u16; 7] = [0x0203, 0x0204, 0x0205, 0x027E, 0x00FD, 0x00D6, 0x0006];

/// Cells of the rectangle around those of a sheet; `None` if it is larger than a sheet can be.
fn area(sheet: &[u8]) -> Option<u64> {
    let (mut rows, mut columns, mut any) = ((ROWS, 0), (COLUMNS, 0), false);
    for (kind, content) in records(sheet) {
        if kind == END {
            break;
        }
        if kind == DIMENSIONS {
            dimensions(content)?;
        }
        if kind == MUL_RK || CELLS.contains(&kind) {
            let (Some(row), Some(column)) = (u16_at(content, 0), u16_at(content, 2)) else { continue };
            let last = if kind == MUL_RK { u16_at(content, content.len() - 2)? } else { column };
            if usize::from(column.max(last)) >= COLUMNS {
                return None;
            }
            any = true;
            rows = (rows.0.min(row.into()), rows.1.max(row.into()));
            columns = (columns.0.min(column.into()), columns.1.max(last.into()));
        }
    }
    Some(if any { ((rows.1 - rows.0 + 1) * (columns.1.max(columns.0) - columns.0 + 1)) as u64 } else { 0 })
}

/// What a sheet says of its own size, if that is a size.
fn dimensions(content: &[u8]) -> Option<()> {
    let (rows, columns) = match content.len() {
        10 => (u32::from(u16_at(content, 2)?), u16_at(content, 6)?),
        14 | 16 => (u32_at(content, 4)?, u16_at(content, 10)?),
        _ => return Some(()),
    };
    (rows as usize <= ROWS && usize::from(columns) <= COLUMNS).then_some(())
}

/// Each record's kind and content.
fn records(bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let (kind, len) = (u16_at(bytes, at)?, u16_at(bytes, at + 2)?);
        let content = bytes.get(at + 4..at + 4 + usize::from(len))?;
        at += 4 + content.len();
        Some((kind, content))
    })
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at + 2).map(|b| u16::from_le_bytes([b[0], b[1]]))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]))
}

/// The sectors of a compound file.
struct Sectors<'a> {
    bytes: &'a [u8],
    size: usize,
    /// The sector after each one.
    next: Vec<u32>,
}

impl Sectors<'_> {
    fn get(&self, id: u32) -> Option<&[u8]> {
        let start = (id as usize + 1) * self.size;
        self.bytes.get(start..(start + self.size).min(self.bytes.len()))
    }

    /// The sectors from `first` on, `len` bytes of them or all.
    fn chain(&self, first: u32, len: usize) -> Option<Vec<u8>> {
        let (mut out, mut id) = (Vec::new(), first);
        while id < FIRST_MARK && out.len() < len {
            // longer than the file: it goes round in circles
            if out.len() > self.bytes.len() {
                return None;
            }
            out.extend_from_slice(self.get(id)?);
            id = *self.next.get(id as usize)?;
        }
        out.truncate(len);
        Some(out)
    }

    fn of(bytes: &[u8]) -> Option<Sectors<'_>> {
        let size = match u16_at(bytes, 30)? {
            9 => 512,
            12 => 4096,
            _ => return None,
        };
        let mut sectors = Sectors { bytes, size, next: Vec::new() };
        let mut ids: Vec<u32> = (0..109).filter_map(|i| u32_at(bytes, 76 + 4 * i)).collect();
        let (mut more, mut left) = (u32_at(bytes, 68)?, bytes.len() / size);
        while more < FIRST_MARK && left > 0 {
            let sector = sectors.get(more)?;
            ids.extend((0..size / 4 - 1).filter_map(|i| u32_at(sector, 4 * i)));
            more = u32_at(sector, size - 4)?;
            left -= 1;
        }
        let mut next = Vec::new();
        for id in ids.into_iter().filter(|id| *id < FIRST_MARK) {
            if next.len() > bytes.len() {
                return None;
            }
            let sector = sectors.get(id)?;
            next.extend((0..size / 4).filter_map(|i| u32_at(sector, 4 * i)));
        }
        sectors.next = next;
        Some(sectors)
    }
}

/// The stream of the workbook in a compound file, if it has one; `None` for a damaged file.
fn stream(bytes: &[u8]) -> Option<Option<Vec<u8>>> {
    let sectors = Sectors::of(bytes)?;
    let directory = sectors.chain(u32_at(bytes, 48)?, usize::MAX)?;
    let entries: Vec<(String, u32, usize)> = directory.chunks_exact(128).filter_map(entry).collect();
    if entries.iter().any(|(_, _, len)| *len > bytes.len()) {
        return None;
    }
    let is_book = |name: &str| name.eq_ignore_ascii_case("workbook") || name.eq_ignore_ascii_case("book");
    let Some((_, start, len)) = entries.iter().find(|(name, ..)| is_book(name)) else { return Some(None) };
    if *len >= MINI_BELOW {
        return Some(Some(sectors.chain(*start, *len)?));
    }
    let (_, root, root_len) = entries.first()?;
    let mini = sectors.chain(*root, *root_len)?;
    let next = sectors.chain(u32_at(bytes, 60)?, usize::MAX)?;
    let (mut out, mut id) = (Vec::new(), *start);
    while id < FIRST_MARK && out.len() < *len {
        let at = id as usize * MINI_BYTES;
        out.extend_from_slice(mini.get(at..(at + MINI_BYTES).min(mini.len()))?);
        id = u32_at(&next, 4 * id as usize)?;
    }
    Some(Some(out))
}

/// Name, first sector and length of an entry of the directory.
fn entry(bytes: &[u8]) -> Option<(String, u32, usize)> {
    let units: Vec<u16> = (0..32).filter_map(|i| u16_at(bytes, 2 * i)).take_while(|u| *u != 0).collect();
    let len = u64::from(u32_at(bytes, 124)?) << 32 | u64::from(u32_at(bytes, 120)?);
    Some((String::from_utf16_lossy(&units), u32_at(bytes, 116)?, usize::try_from(len).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: u16, content: &[u8]) -> Vec<u8> {
        [kind.to_le_bytes().as_slice(), &(content.len() as u16).to_le_bytes(), content].concat()
    }

    fn number(row: u16, column: u16) -> Vec<u8> {
        record(0x0203, &[row.to_le_bytes().as_slice(), &column.to_le_bytes(), &[0; 10]].concat())
    }

    #[test]
    fn the_room_that_a_sheet_takes_is_that_of_the_rectangle_around_its_cells() {
        let sheet =
            |cells: &[(u16, u16)]| cells.iter().flat_map(|(r, c)| number(*r, *c)).collect::<Vec<u8>>();
        assert_eq!(area(&[]), Some(0));
        assert_eq!(area(&sheet(&[(2, 3)])), Some(1));
        assert_eq!(area(&sheet(&[(2, 3), (4, 9)])), Some(21));
        assert_eq!(area(&sheet(&[(0, 0), (65_535, 255)])), Some(16_777_216));
        assert_eq!(area(&sheet(&[(0, 256)])), None);
        let after_the_end = [sheet(&[(0, 0)]), record(END, &[]), number(0, 999)].concat();
        assert_eq!(area(&after_the_end), Some(1));
        let far = [0_u32.to_le_bytes(), 0xFFFF_FFFF_u32.to_le_bytes(), [0, 0, 9, 0], [0; 4]].concat();
        assert_eq!(area(&record(DIMENSIONS, &far[..14])), None);
    }

    #[test]
    fn what_is_no_compound_file_is_damaged() {
        assert!(look_over(b"\xD0\xCF\x11\xE0", 1 << 30).is_err());
        assert!(look_over(&[0; 4096], 1 << 30).is_err());
    }
}
