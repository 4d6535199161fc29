//! The members of a JSON object, each value as the text that it stands as.
//!
//! What is not understood is kept to the letter. That, and one text, a number and two flags, is all
//! that `trunk.json` needs: the general reader, with its numbers of every form and its messages for
//! every type, is 15 KB of what a browser loads.

use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};

/// How deep values may be nested.
const DEEPEST: usize = 128;

/// The members of the object that `text` is, in order: names, and the values as they stand.
///
/// # Errors
/// Says where it is no JSON, or which name stands there twice.
///
/// # Source
/// RFC 8259
pub(super) fn members(text: &str) -> Result<Vec<(String, &str)>, String> {
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
pub(super) fn text(value: &str) -> Option<String> {
    Reader { text: value, at: 0 }.string()
}

/// A text as a value.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = "\"".to_string();
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            '\0'..' ' => quoted.push_str(&format!("\\u{:04x}", u32::from(letter))),
            _ => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
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
            b'[' => self.list(depth)?,
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

    fn list(&mut self, depth: usize) -> Option<()> {
        self.within("[", "]", depth, &mut |text, depth| text.value(depth).map(drop))
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
            let letter = self.text.get(self.at..)?.chars().next()?;
            self.at += letter.len_utf8();
            match letter {
                '"' => return Some(string),
                '\\' => string.push(self.escape()?),
                '\0'..' ' => return None,
                _ => string.push(letter),
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
    fn a_text_is_read_as_it_was_written() {
        for each in ["", "x", "a\"b\\c\u{0}\u{1f}\n ü😀"] {
            assert_eq!(text(&quoted(each)).as_deref(), Some(each));
            assert_eq!(serde_json::from_str::<String>(&quoted(each)).unwrap(), each);
        }
    }
}
