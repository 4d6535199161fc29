//! The members of a JSON object and the values of an array, each value as the text that it stands as.

use alloc::{format, string::String, vec::Vec};

/// How deep values may be nested.
const DEEPEST: usize = 128;

/// The members of the object that `text` is, in order: names, and the values as they stand.
///
/// # Errors
/// Says where it is no JSON, or which name stands there twice.
///
/// # Source
/// RFC 8259
pub(crate) fn members(text: &str) -> Result<Vec<(String, &str)>, String> {
    let mut reader = Reader { text, at: 0 };
    let mut members = Vec::new();
    reader.space();
    let read = reader.object(DEEPEST, &mut members).filter(|()| {
        reader.space();
        reader.at == text.len()
    });
    read.ok_or_else(|| format!("it is no JSON object at byte {}", reader.at))?;
    for (at, (name, _)) in members.iter().enumerate() {
        if members.iter().take(at).any(|(other, _)| other == name) {
            return Err(format!("it says {name} twice"));
        }
    }
    Ok(members)
}

/// The text that a value is, if it is one.
pub(crate) fn text(value: &str) -> Option<String> {
    Reader { text: value, at: 0 }.string()
}

/// The values of the array that `text` is, as they stand.
pub(crate) fn list(text: &str) -> Option<Vec<&str>> {
    let mut reader = Reader { text, at: 0 };
    let mut values = Vec::new();
    reader.list(DEEPEST, &mut values)?;
    (reader.at == text.len()).then_some(values)
}

/// The members of an object of which all names are known; `null` is as good as none.
pub(crate) struct Members<'t>(Vec<(String, &'t str)>);

impl<'t> Members<'t> {
    /// Those of the object that `text` is.
    ///
    /// # Errors
    /// As [`members`].
    pub(crate) fn of(text: &'t str) -> Result<Self, String> {
        members(text).map(Self)
    }

    /// The value of this name, which is then no longer there.
    pub(crate) fn take(&mut self, name: &str) -> Option<&'t str> {
        let at = self.0.iter().position(|(other, _)| other == name)?;
        Some(self.0.remove(at).1).filter(|value| *value != "null")
    }

    /// The text of this name.
    ///
    /// # Errors
    /// It is something else.
    pub(crate) fn text(&mut self, name: &str) -> Result<Option<String>, String> {
        let Some(value) = self.take(name) else { return Ok(None) };
        text(value).map(Some).ok_or_else(|| format!("{name} must be text"))
    }

    /// The text of this name, which must be there.
    ///
    /// # Errors
    /// It is something else, or missing.
    pub(crate) fn needed(&mut self, name: &str) -> Result<String, String> {
        self.text(name)?.ok_or_else(|| format!("{name} is missing"))
    }

    /// Whether what this name says is `true`.
    ///
    /// # Errors
    /// It is neither `true` nor `false`.
    pub(crate) fn flag(&mut self, name: &str) -> Result<Option<bool>, String> {
        let Some(value) = self.take(name) else { return Ok(None) };
        value.parse().map(Some).map_err(|_| format!("{name} must be true or false"))
    }

    /// Makes sure that nothing is left.
    ///
    /// # Errors
    /// Says what is.
    pub(crate) fn end(self) -> Result<(), String> {
        match self.0.first() {
            Some((name, _)) => Err(format!("{name} is not known")),
            None => Ok(()),
        }
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Goes past `word`, if it is next.
    fn take(&mut self, word: &str) -> Option<()> {
        self.text.get(self.at..)?.starts_with(word).then(|| self.at += word.len())
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// The value that is next, as it stands. `depth`: how deep what is in it may be nested.
    fn value(&mut self, depth: usize) -> Option<&'t str> {
        let start = self.at;
        match self.peek()? {
            b'{' => self.object(depth, &mut Vec::new())?,
            b'[' => self.list(depth, &mut Vec::new())?,
            b'"' => self.string().map(drop)?,
            b't' => self.take("true")?,
            b'f' => self.take("false")?,
            b'n' => self.take("null")?,
            _ => self.number()?,
        }
        self.text.get(start..self.at)
    }

    fn object(&mut self, depth: usize, members: &mut Vec<(String, &'t str)>) -> Option<()> {
        self.within("{", "}", depth, &mut |text, depth| {
            let name = text.string()?;
            text.space();
            text.take(":")?;
            text.space();
            members.push((name, text.value(depth)?));
            Some(())
        })
    }

    fn list(&mut self, depth: usize, values: &mut Vec<&'t str>) -> Option<()> {
        self.within("[", "]", depth, &mut |text, depth| {
            values.push(text.value(depth)?);
            Some(())
        })
    }

    /// What stands between brackets, separated by commas. `each` takes one and is told how deep it may be nested.
    fn within(
        &mut self,
        open: &str,
        close: &str,
        depth: usize,
        each: &mut dyn FnMut(&mut Self, usize) -> Option<()>,
    ) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        self.take(open)?;
        self.space();
        if self.take(close).is_some() {
            return Some(());
        }
        loop {
            self.space();
            each(self, depth)?;
            self.space();
            if self.take(",").is_none() {
                return self.take(close);
            }
        }
    }

    fn number(&mut self) -> Option<()> {
        let _ = self.take("-");
        if self.take("0").is_none() {
            self.digits()?;
        }
        if self.take(".").is_some() {
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            let _ = self.take("+").or_else(|| self.take("-"));
            self.digits()?;
        }
        Some(())
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }

    fn string(&mut self) -> Option<String> {
        self.take("\"")?;
        let mut string = String::new();
        loop {
            let start = self.at;
            while self.peek().is_some_and(|byte| !matches!(byte, b'"' | b'\\' | 0..b' ')) {
                self.at += 1;
            }
            string.push_str(self.text.get(start..self.at)?);
            let end = self.peek()?;
            self.at += 1;
            match end {
                b'"' => return Some(string),
                b'\\' => string.push(self.escape()?),
                _ => return None,
            }
        }
    }

    fn escape(&mut self) -> Option<char> {
        let letter = self.peek()?;
        self.at += 1;
        Some(match letter {
            b'"' | b'\\' | b'/' => char::from(letter),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let unit = self.unit()?;
                if (0xd800..0xdc00).contains(&unit) {
                    self.take("\\u")?;
                    let low = self.unit()?.checked_sub(0xdc00).filter(|&low| low < 0x400)?;
                    char::from_u32(0x1_0000 + ((unit - 0xd800) << 10) + low)?
                } else {
                    char::from_u32(unit)?
                }
            }
            _ => return None,
        })
    }

    /// Half of a letter beyond the first 65536, or a letter: four hexadecimal digits.
    fn unit(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        self.at += 4;
        let is_hexadecimal = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        is_hexadecimal.then(|| u32::from_str_radix(digits, 16).ok()).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::quoted;
    use alloc::string::ToString;
    use serde_json::{Map, Value};

    const TEXT: &str = " {\"a\\u00e9\\n\": [1, -0.5e+3, {\"x\":[]}, \"\\ud83d\\ude00\\\"\"],\r\n\t\"b\" :null,\
        \"c\":{\"d\": true, \"e\":false} , \"ü\":\"\\\\ü\\/\\b\\f\\r\\t\",\"f\":0,\"g\":-12.25E-2}\n";

    /// What another reader says that the members are.
    fn theirs(text: &str) -> Option<Map<String, Value>> {
        serde_json::from_str(text).ok()
    }

    #[test]
    fn members_are_what_another_reader_finds() {
        let ours = members(TEXT).expect("JSON");
        let theirs = theirs(TEXT).expect("JSON");
        assert_eq!(ours.len(), theirs.len());
        for (name, value) in &ours {
            assert_eq!(theirs[name], serde_json::from_str::<Value>(value).unwrap());
            assert_eq!(text(value), theirs[name].as_str().map(ToString::to_string));
        }
    }

    #[test]
    fn what_another_reader_refuses_is_refused() {
        let mut refused = 0;
        for at in 0..TEXT.len() {
            for new in ["", "\"", "{", "]", ",", ":", "0", "e", "\\", "\u{1}", "u", " "] {
                let (Some(before), Some(after)) = (TEXT.get(..at), TEXT.get(at + 1..)) else {
                    continue;
                };
                let text = [before, new, after].concat();
                // They take a name that stands there twice, and the last of its values.
                let is_twice = |error: &String| error.ends_with("twice");
                let ours = members(&text);
                if !ours.as_ref().is_err_and(is_twice) {
                    assert_eq!(ours.is_ok(), theirs(&text).is_some(), "{text}");
                }
                refused += u32::from(ours.is_err());
            }
        }
        assert!(refused > 1000, "{refused}");
        let deep = |depth| ["{\"a\":", &"[".repeat(depth), &"]".repeat(depth), "}"].concat();
        assert!(members(&deep(DEEPEST - 1)).is_ok());
        assert!(members(&deep(1_000_000)).is_err());
        assert!(members("{\"a\":1,\"a\":2}").is_err());
    }

    #[test]
    fn values_of_an_array_are_what_another_reader_finds() {
        let text = "[ 1, {\"a\": [2]} ,\"x,y\",[] ]";
        let theirs: Vec<Value> = serde_json::from_str(text).unwrap();
        let ours = list(text).unwrap();
        let ours: Vec<Value> = ours.iter().map(|one| serde_json::from_str(one).unwrap()).collect();
        assert_eq!(ours, theirs);
        assert_eq!(list("[]"), Some(Vec::new()));
        for none in ["", "[", "[1", "[1,]", "[1 2]", "[1]x", "{}", "1"] {
            assert_eq!(list(none), None, "{none}");
        }
    }

    #[test]
    fn members_are_taken_by_name_until_none_is_left() {
        let text = "{\"a\":\"x\",\"b\":true,\"c\":null,\"d\":1}";
        let mut members = Members::of(text).unwrap();
        assert_eq!(members.text("a"), Ok(Some("x".into())));
        assert_eq!(members.text("a"), Ok(None));
        assert_eq!(members.flag("b"), Ok(Some(true)));
        assert_eq!(members.flag("c"), Ok(None));
        assert!(members.needed("a").is_err());
        assert_eq!(members.take("d"), Some("1"));
        assert_eq!(members.end(), Ok(()));
        let mut members = Members::of(text).unwrap();
        assert!(members.text("b").is_err() && members.flag("d").is_err());
        assert_eq!(members.end(), Err("a is not known".into()));
    }

    #[test]
    fn a_text_is_read_as_it_was_written() {
        for each in ["", "x", "a\"b\\c\u{0}\u{1f}\n ü😀"] {
            assert_eq!(text(&quoted(each)).as_deref(), Some(each));
            assert_eq!(serde_json::from_str::<String>(&quoted(each)).unwrap(), each);
        }
    }
}
