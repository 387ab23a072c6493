//! The plainest variables, read where they stand.

use std::ops::Range;

/// The members of a flat JSON object whose values are texts, as nearly all callers send them. They stay where they were
/// read: a map makes several allocations of each, which takes longer than all the rest of filling in a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Texts {
    json: String,
    /// The places of each name and its text.
    members: Vec<[Range<usize>; 2]>,
}

impl Texts {
    /// So many are looked through one after the other. More are better in a map.
    pub const MOST: usize = 16;

    /// Reads a JSON object.
    ///
    /// ```
    /// use templates::Texts;
    ///
    /// let texts = Texts::read(r#"{ "name": "Ada", "city": "Zürich" }"#.to_owned()).unwrap();
    /// assert_eq!((texts.get("city"), texts.get("age")), (Some("Zürich"), None));
    /// assert!(Texts::read(r#"{ "name": "Ada \"the first\"" }"#.to_owned()).is_err());
    /// assert!(Texts::read(r#"{ "age": 36 }"#.to_owned()).is_err());
    /// ```
    ///
    /// # Errors
    /// The text itself, if it is anything else: other values, texts with escapes, more than [`Texts::MOST`], no JSON.
    /// All that is for a JSON reader.
    pub fn read(json: String) -> Result<Self, String> {
        match members(json.as_bytes()) {
            Some(members) => Ok(Self { json, members }),
            None => Err(json),
        }
    }

    /// The text of a name. Of a name that is there twice, the last counts, as for JSON readers.
    pub fn get(&self, name: &str) -> Option<&str> {
        let slice = |range: &Range<usize>| self.json.get(range.clone());
        self.members.iter().rev().find_map(|[key, text]| (slice(key)? == name).then(|| slice(text))?)
    }
}

fn members(json: &[u8]) -> Option<Vec<[Range<usize>; 2]>> {
    let mut reader = Reader { json, at: 0 };
    let mut members = Vec::with_capacity(8);
    reader.expect(b'{')?;
    if reader.expect(b'}').is_none() {
        loop {
            let name = reader.text()?;
            reader.expect(b':')?;
            members.push([name, reader.text()?]);
            if reader.expect(b',').is_none() {
                reader.expect(b'}')?;
                break;
            }
            if members.len() == Texts::MOST {
                return None;
            }
        }
    }
    reader.is_at_end().then_some(members)
}

struct Reader<'a> {
    json: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn skip_spaces(&mut self) {
        while let Some(b' ' | b'\n' | b'\t' | b'\r') = self.json.get(self.at) {
            self.at += 1;
        }
    }

    /// Goes on behind `byte`, if it is what comes next.
    fn expect(&mut self, byte: u8) -> Option<()> {
        self.skip_spaces();
        (*self.json.get(self.at)? == byte).then(|| self.at += 1)
    }

    /// The place of a text without escapes; control characters are not JSON.
    fn text(&mut self) -> Option<Range<usize>> {
        self.expect(b'"')?;
        let start = self.at;
        let length =
            self.json.get(start..)?.iter().position(|&byte| matches!(byte, b'"' | b'\\' | ..0x20))?;
        let end = start + length;
        self.at = end + 1;
        (*self.json.get(end)? == b'"').then_some(start..end)
    }

    fn is_at_end(&mut self) -> bool {
        self.skip_spaces();
        self.at == self.json.len()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, Value};

    use super::*;

    /// Whatever is read says the same as the JSON reader does.
    #[track_caller]
    fn check(json: &str) -> bool {
        let Ok(texts) = Texts::read(json.to_owned()) else { return false };
        let map: Map<String, Value> = serde_json::from_str(json).unwrap();
        for (name, value) in &map {
            assert_eq!(texts.get(name), value.as_str(), "{json}");
        }
        for [name, _] in &texts.members {
            assert!(map.contains_key(&json[name.clone()]), "{json}");
        }
        true
    }

    #[test]
    fn flat_objects_of_texts_are_read() {
        for json in [
            "{}",
            " {\n} ",
            r#"{"a":"b"}"#,
            "\t{ \"a\" : \"b\" ,\r\n\"c\":\"\" } ",
            r#"{"":"nameless","ä b":"日本 🦀 {{ x }}"}"#,
            r#"{"a":"first","b":"","a":"last"}"#,
        ] {
            assert!(check(json), "{json}");
        }
        assert_eq!(Texts::read(r#"{"a":"1","a":"2"}"#.to_owned()).unwrap().get("a"), Some("2"));
    }

    #[test]
    fn everything_else_is_given_back() {
        for json in [
            "",
            " ",
            "{",
            "}",
            "{}}",
            "{} x",
            "[]",
            "\"a\"",
            "null",
            r#"{"a"}"#,
            r#"{"a":}"#,
            r#"{"a":"b"#,
            r#"{"a":"b""#,
            r#"{"a":"b",}"#,
            r#"{,"a":"b"}"#,
            r#"{"a":1}"#,
            r#"{"a":null}"#,
            r#"{"a":{"b":"c"}}"#,
            r#"{"a":"\n"}"#,
            r#"{"a\u0020":"b"}"#,
            "{\"a\":\"\n\"}",
            "{\"a\":\"\u{1f}\"}",
            "{'a':'b'}",
            r#"{"a":"b" "c":"d"}"#,
            "\u{feff}{}",
            "\u{a0}{}",
        ] {
            assert_eq!(Texts::read(json.to_owned()), Err(json.to_owned()));
        }
    }

    #[test]
    fn many_are_for_a_map() {
        let object = |count: usize| {
            let members: Vec<_> = (0..count).map(|index| format!(r#""{index}":"x""#)).collect();
            format!("{{{}}}", members.join(","))
        };
        assert!(check(&object(Texts::MOST)) && !check(&object(Texts::MOST + 1)));
    }

    proptest! {
        #[test]
        fn what_is_read_is_what_a_json_reader_reads(json in r#"[ ]?\{("[ab\\"]{0,2}"[:,]{0,2}( |"[xé\\n]{0,3}"|1)?,?){0,3}\}?"#) {
            check(&json);
        }
    }
}
