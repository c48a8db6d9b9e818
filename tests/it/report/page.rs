//! A reader of the page, as a stranger would write one: cells of tables, figures in the text, scripts.

use std::collections::BTreeMap;

/// A cell of a table, or a figure in the text, with the place that it says it is from.
#[derive(Debug, Clone, Default)]
pub struct Cell {
    pub table: String,
    pub row: Option<usize>,
    pub column: String,
    /// What it says is worked out by the page.
    pub calc: Option<String>,
    /// The currency whose part of the page it stands in.
    pub currency: Option<String>,
    /// The value as the contract writes it.
    pub raw: String,
    /// What is to be read.
    pub text: String,
    pub is_number: bool,
}

/// What a page holds.
#[derive(Debug, Default)]
pub struct Page {
    pub cells: Vec<Cell>,
    /// Cells of each table row.
    pub rows: Vec<Vec<usize>>,
    /// Scripts of data by id.
    pub scripts: BTreeMap<String, String>,
}

type Attributes = BTreeMap<String, String>;

/// Where the reader is.
#[derive(Default)]
struct Place {
    table: String,
    heads: Vec<Attributes>,
    row: Option<usize>,
    column: usize,
    in_head: bool,
    open: Option<Cell>,
    currency: Vec<(usize, String)>,
    depth: usize,
}

impl Page {
    pub fn parse(html: &str) -> Self {
        let (mut page, mut at) = (Self::default(), Place::default());
        let mut rest = html;
        while let Some(start) = rest.find('<') {
            if let Some(cell) = &mut at.open {
                cell.text.push_str(&unescape(&rest[..start]));
            }
            rest = &rest[start..];
            let end = tag_end(rest);
            let (name, attributes) = tag(&rest[1..end]);
            rest = &rest[end + 1..];
            match name.as_str() {
                "script" | "style" => {
                    let close = rest.find(&format!("</{name}>")).unwrap();
                    if let Some(id) = attributes.get("id") {
                        page.scripts.insert(id.clone(), rest[..close].to_owned());
                    }
                    rest = &rest[close..];
                }
                _ => page.take(&mut at, &name, &attributes),
            }
        }
        page
    }

    fn take(&mut self, at: &mut Place, name: &str, a: &Attributes) {
        let get = |key: &str| a.get(key).cloned();
        match name {
            "div" | "li" | "tr" | "section" => at.depth += 1,
            "/div" | "/li" | "/tr" | "/section" => {
                at.depth -= 1;
                at.currency.retain(|(depth, _)| *depth <= at.depth);
            }
            _ => {}
        }
        if let (Some(currency), "div" | "li" | "tr") = (get("data-currency"), name) {
            at.currency.push((at.depth, currency));
        }
        match name {
            "table" => (at.table, at.heads) = (get("data-t").unwrap_or_default(), Vec::new()),
            "/table" => at.table = String::new(),
            "thead" => at.in_head = true,
            "/thead" => at.in_head = false,
            "tr" => {
                (at.row, at.column) = (get("data-r").map(|r| r.parse().unwrap()), 0);
                self.rows.push(Vec::new());
            }
            "th" if at.in_head => at.heads.push(a.clone()),
            "th" | "td" => {
                let head = at.heads.get(at.column).and_then(|h| h.get("data-c")).cloned();
                at.column += 1;
                at.open = Some(Cell {
                    table: get("data-t").unwrap_or_else(|| at.table.clone()),
                    row: get("data-r").map(|r| r.parse().unwrap()).or(at.row),
                    column: get("data-c").or(head).unwrap_or_default(),
                    calc: get("data-calc"),
                    currency: at.currency.last().map(|c| c.1.clone()),
                    raw: get("data-v").unwrap_or_else(|| "\0".to_owned()),
                    is_number: get("class").is_some_and(|c| c == "n"),
                    text: String::new(),
                });
            }
            "data" => match &mut at.open {
                // within a cell it says what the cell is
                Some(cell) => {
                    cell.raw = get("value").unwrap();
                    cell.calc = get("data-calc");
                }
                None => {
                    at.open = Some(Cell {
                        table: get("data-t").unwrap_or_default(),
                        row: get("data-r").map(|r| r.parse().unwrap()),
                        column: get("data-c").unwrap_or_default(),
                        calc: get("data-calc"),
                        raw: get("value").unwrap(),
                        is_number: true,
                        ..Cell::default()
                    });
                }
            },
            "/data" if at.table.is_empty() => self.close(at, false),
            "/td" | "/th" if !at.in_head => self.close(at, true),
            _ => {}
        }
    }

    fn close(&mut self, at: &mut Place, in_row: bool) {
        let Some(mut cell) = at.open.take() else { return };
        if cell.raw == "\0" {
            cell.raw.clone_from(&cell.text);
        }
        self.cells.push(cell);
        if in_row && let Some(row) = self.rows.last_mut() {
            row.push(self.cells.len() - 1);
        }
    }
}

/// The place of the `>` that ends a tag, past any in quotes.
fn tag_end(tag: &str) -> usize {
    let mut quoted = false;
    tag.char_indices()
        .find(|(_, c)| {
            quoted ^= *c == '"';
            *c == '>' && !quoted
        })
        .unwrap()
        .0
}

fn tag(inside: &str) -> (String, Attributes) {
    let name: String = inside.chars().take_while(|c| !c.is_whitespace()).collect();
    let mut rest = inside[name.len()..].trim_start();
    let mut found = Attributes::new();
    while !rest.is_empty() {
        let key: String = rest.chars().take_while(|c| !c.is_whitespace() && *c != '=').collect();
        rest = &rest[key.len()..];
        let value = match rest.strip_prefix('=') {
            None => String::new(),
            Some(v) => {
                let (value, after) = match v.strip_prefix('"') {
                    Some(v) => v.split_once('"').unwrap(),
                    None => v.split_at(v.find(char::is_whitespace).unwrap_or(v.len())),
                };
                rest = after;
                unescape(value)
            }
        };
        found.insert(key, value);
        rest = rest.trim_start();
    }
    (name, found)
}

fn unescape(text: &str) -> String {
    let pairs = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    pairs.iter().fold(text.to_owned(), |t, (from, to)| t.replace(from, to))
}
