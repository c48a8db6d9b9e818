//! One JSON object, read member by member: numbers stay the digits that stand there, and nothing recurses.

use std::borrow::Cow;

/// A member's value, still as it stands in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value<'a> {
    Null,
    Bool(bool),
    Number(&'a str),
    Text(Quoted<'a>),
    /// A list or an object.
    Nested,
}

/// What stands between two quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Quoted<'a> {
    raw: &'a str,
    has_escapes: bool,
}

impl<'a> Quoted<'a> {
    /// The text that is meant; `None` for half of a surrogate pair.
    pub fn text(self) -> Option<Cow<'a, str>> {
        if self.has_escapes { unescaped(self.raw).map(Cow::Owned) } else { Some(Cow::Borrowed(self.raw)) }
    }
}

/// What is wrong with a text that should be an object.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    #[error("no JSON object")]
    NoObject,
    #[error("no JSON at character {0}")]
    Syntax(usize),
    #[error("half of a surrogate pair in `{0}`")]
    Surrogate(String),
    #[error("`{0}` is there twice")]
    Twice(String),
    #[error("a list or an object in `{0}`")]
    Nested(String),
}

/// Calls `member` with the name and the value of each member of the object that `text` is, in their order. What it
/// refuses ends the object.
///
/// # Errors
/// [`Fault`]: exactly the texts are objects that RFC 8259 calls so.
pub(super) fn object<'a>(
    text: &'a str,
    mut member: impl FnMut(Quoted<'a>, Value<'a>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let mut scanner = Scanner { text, at: 0 };
    scanner.space();
    if !scanner.takes(b'{') {
        return Err(Fault::NoObject);
    }
    scanner.space();
    if !scanner.takes(b'}') {
        loop {
            scanner.space();
            let name = scanner.quoted()?;
            scanner.space();
            scanner.expect(b':')?;
            scanner.space();
            let value = scanner.value()?;
            member(name, value)?;
            scanner.space();
            if scanner.takes(b'}') {
                break;
            }
            scanner.expect(b',')?;
        }
    }
    scanner.space();
    if scanner.at == text.len() { Ok(()) } else { Err(scanner.fault()) }
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    #[inline]
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    #[inline]
    fn space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    #[inline]
    fn takes(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, byte: u8) -> Result<(), Fault> {
        if self.takes(byte) { Ok(()) } else { Err(self.fault()) }
    }

    #[cold]
    fn fault(&self) -> Fault {
        let mut at = self.at.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        Fault::Syntax(1 + self.text[..at].chars().count())
    }

    fn quoted(&mut self) -> Result<Quoted<'a>, Fault> {
        self.expect(b'"')?;
        let from = self.at;
        let mut has_escapes = false;
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    has_escapes = true;
                    self.at += 1;
                    match self.peek() {
                        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 1,
                        Some(b'u') => {
                            self.at += 1;
                            for _ in 0..4 {
                                self.digit(|b| b.is_ascii_hexdigit())?;
                            }
                        }
                        _ => return Err(self.fault()),
                    }
                }
                Some(0x20..) => self.at += 1,
                _ => return Err(self.fault()),
            }
        }
        let raw = &self.text[from..self.at];
        self.at += 1;
        Ok(Quoted { raw, has_escapes })
    }

    fn digit(&mut self, is_digit: impl Fn(u8) -> bool) -> Result<(), Fault> {
        if self.peek().is_some_and(is_digit) {
            self.at += 1;
            return Ok(());
        }
        Err(self.fault())
    }

    fn digits(&mut self) -> Result<(), Fault> {
        self.digit(|b| b.is_ascii_digit())?;
        while self.peek().is_some_and(|b| b.is_ascii_digit()) {
            self.at += 1;
        }
        Ok(())
    }

    fn value(&mut self) -> Result<Value<'a>, Fault> {
        match self.peek() {
            Some(b'"') => self.quoted().map(Value::Text),
            Some(b'-' | b'0'..=b'9') => self.number().map(Value::Number),
            Some(b'n') => self.word("null", Value::Null),
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            Some(b'{' | b'[') => self.nested(),
            _ => Err(self.fault()),
        }
    }

    fn word(&mut self, word: &str, value: Value<'a>) -> Result<Value<'a>, Fault> {
        if !self.text.as_bytes()[self.at..].starts_with(word.as_bytes()) {
            return Err(self.fault());
        }
        self.at += word.len();
        Ok(value)
    }

    fn number(&mut self) -> Result<&'a str, Fault> {
        let from = self.at;
        self.takes(b'-');
        if !self.takes(b'0') {
            self.digits()?;
        }
        if self.takes(b'.') {
            self.digits()?;
        }
        if self.takes(b'e') || self.takes(b'E') {
            if !self.takes(b'+') {
                self.takes(b'-');
            }
            self.digits()?;
        }
        Ok(&self.text[from..self.at])
    }

    /// Walks over a list or an object: a stack of what is open instead of recursion, however deep it is.
    fn nested(&mut self) -> Result<Value<'a>, Fault> {
        let mut open: Vec<u8> = Vec::new();
        loop {
            // a value stands here
            match self.peek() {
                Some(b'{') => {
                    self.at += 1;
                    self.space();
                    if !self.takes(b'}') {
                        open.push(b'}');
                        self.name()?;
                        continue;
                    }
                }
                Some(b'[') => {
                    self.at += 1;
                    self.space();
                    if !self.takes(b']') {
                        open.push(b']');
                        continue;
                    }
                }
                _ => {
                    self.value()?;
                }
            }
            // a value has ended
            loop {
                self.space();
                match open.last() {
                    None => return Ok(Value::Nested),
                    Some(close) if self.peek() == Some(*close) => {
                        self.at += 1;
                        open.pop();
                    }
                    Some(close) => {
                        self.expect(b',')?;
                        self.space();
                        if *close == b'}' {
                            self.name()?;
                        }
                        break;
                    }
                }
            }
        }
    }

    fn name(&mut self) -> Result<(), Fault> {
        self.quoted()?;
        self.space();
        self.expect(b':')?;
        self.space();
        Ok(())
    }
}

fn unescaped(raw: &str) -> Option<String> {
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        text.push_str(&rest[..at]);
        let code = rest[at + 1..].chars().next()?;
        let mut used = at + 2;
        text.push(match code {
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let unit = |at: usize| u32::from_str_radix(rest.get(at..at + 4)?, 16).ok();
                let first = unit(used)?;
                used += 4;
                if (0xD800..0xDC00).contains(&first) {
                    rest.get(used..)?.strip_prefix("\\u")?;
                    let second = unit(used + 2).filter(|u| (0xDC00..0xE000).contains(u))?;
                    used += 6;
                    char::from_u32(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))?
                } else {
                    char::from_u32(first)?
                }
            }
            itself => itself,
        });
        rest = &rest[used..];
    }
    text.push_str(rest);
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(text: &str) -> Result<Vec<(String, String)>, Fault> {
        let mut found = Vec::new();
        object(text, |name, value| {
            let name = name.text().ok_or(Fault::NoObject)?.into_owned();
            let value = match value {
                Value::Text(quoted) => quoted.text().ok_or(Fault::Surrogate(name.clone()))?.into_owned(),
                Value::Number(digits) => digits.to_owned(),
                other => format!("{other:?}"),
            };
            found.push((name, value));
            Ok(())
        })?;
        Ok(found)
    }

    fn values(text: &str) -> Vec<String> {
        members(text).unwrap().into_iter().map(|(_, value)| value).collect()
    }

    #[test]
    fn numbers_are_their_digits_and_texts_what_they_mean() {
        assert_eq!(
            values(r#"{"a":0.10,"b":-12345678901234567890.25,"c":1E+2}"#),
            ["0.10", "-12345678901234567890.25", "1E+2"]
        );
        assert_eq!(
            values(r#" { "a" : "M\u00fcller \"&\" S\/\n" , "b":"\ud83d\ude00" } "#),
            ["Müller \"&\" S/\n", "😀"]
        );
        assert_eq!(
            values(r#"{"a":null,"b":true,"c":[1,{"x":[]}],"d":{}}"#),
            ["Null", "Bool(true)", "Nested", "Nested"]
        );
        assert_eq!(members(r#"{"\u0061":1}"#).unwrap()[0].0, "a");
        assert!(values("{}").is_empty());
    }

    #[test]
    fn what_is_no_object_says_where() {
        for (text, fault) in [
            ("", Fault::NoObject),
            ("[1]", Fault::NoObject),
            (r#"{"a":1,}"#, Fault::Syntax(8)),
            (r#"{"é":01}"#, Fault::Syntax(7)),
            (r#"{"a":"b"#, Fault::Syntax(8)),
            (r#"{"a":[1,2}"#, Fault::Syntax(10)),
            (r#"{"a":1} x"#, Fault::Syntax(9)),
            ("{\"a\":\"\u{1}\"}", Fault::Syntax(7)),
            (r#"{"a":"\ud800"}"#, Fault::Surrogate("a".into())),
        ] {
            assert_eq!(members(text), Err(fault), "{text}");
        }
    }

    #[test]
    fn depth_is_no_danger() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(1_000_000), "]".repeat(1_000_000));
        assert_eq!(values(&deep), ["Nested"]);
        assert!(members(&deep[..500_000]).is_err());
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(4096))]

        /// What we take for an object and what serde_json does are the same texts, with the same values.
        #[test]
        fn objects_are_those_of_serde_json(text in r#"\{("[ab]"|:|,|-?[0-9]{1,2}|\.|e|"\\?[nux"]?[0-9a-f]{0,4}"|null|true|[ \t]|\{|\}|\[|\]|"a":|"b":"é",){0,9}\}?"#) {
            let theirs = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&text);
            let ours = members(&text);
            // a number that overflows a double is none to serde_json
            if theirs.as_ref().is_err_and(|e| e.to_string().contains("out of range")) { return Ok(()) }
            proptest::prop_assert_eq!(ours.is_ok(), theirs.is_ok(), "{:?} {:?}", ours, theirs);
            for (name, value) in ours.unwrap_or_default().into_iter().rev() {
                let other = theirs.as_ref().unwrap();
                if let Some(serde_json::Value::String(other)) = other.get(&name) {
                    if !matches!(value.as_str(), "Nested" | "Null") && value.parse::<f64>().is_err() {
                        proptest::prop_assert_eq!(&value, other);
                    }
                    break;
                }
            }
        }
    }
}
