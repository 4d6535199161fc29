//! Objects, arrays and texts as JSON.

use alloc::string::String;
use core::fmt::{self, Display, Write};

/// A value to be written.
#[derive(Clone, Copy)]
pub(crate) enum Value<'v> {
    /// What it shows, as a text.
    Text(&'v dyn Display),
    /// What it shows is JSON already: a number, `true`, an object that was written before.
    Json(&'v dyn Display),
}

impl Value<'_> {
    /// No value.
    pub(crate) const NULL: Value<'static> = Value::Json(&"null");

    fn write(self, json: &mut String) {
        // Writing into a string cannot fail; what is shown has no errors of its own.
        let _ = match self {
            Self::Json(shown) => write!(json, "{shown}"),
            Self::Text(shown) => {
                json.push('"');
                let written = write!(Escaped(json), "{shown}");
                json.push('"');
                written
            }
        };
    }
}

/// An object with these members.
pub(crate) fn object(members: &[(&str, Value<'_>)]) -> String {
    let mut json = String::new();
    for (name, value) in members {
        json.push(if json.is_empty() { '{' } else { ',' });
        Value::Text(name).write(&mut json);
        json.push(':');
        value.write(&mut json);
    }
    if json.is_empty() {
        json.push('{');
    }
    json.push('}');
    json
}

/// An array of values that are JSON already.
pub(crate) fn array(values: &[String]) -> String {
    ["[", &values.join(","), "]"].concat()
}

/// A text as a value.
pub(crate) fn quoted(text: &str) -> String {
    let mut json = String::new();
    Value::Text(&text).write(&mut json);
    json
}

/// Text of JSON between its quotes.
struct Escaped<'j>(&'j mut String);

impl Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for letter in text.chars() {
            match letter {
                '"' | '\\' => self.0.extend(['\\', letter]),
                '\0'..' ' => write!(self.0, "\\u{:04x}", u32::from(letter))?,
                _ => self.0.push(letter),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_reader_finds_what_was_written() {
        let inner = object(&[("a\"b", Value::Text(&"x\n\\\u{1}ü"))]);
        let json = object(&[
            ("text", Value::Text(&"1")),
            ("number", Value::Json(&-5)),
            ("flag", Value::Json(&true)),
            ("none", Value::NULL),
            ("inner", Value::Json(&inner)),
            ("list", Value::Json(&array(&[inner.clone(), quoted("y")]))),
            ("empty", Value::Json(&array(&[]))),
        ]);
        let expected = serde_json::json!({
            "text": "1", "number": -5, "flag": true, "none": null, "inner": {"a\"b": "x\n\\\u{1}ü"},
            "list": [{"a\"b": "x\n\\\u{1}ü"}, "y"], "empty": [],
        });
        assert_eq!(serde_json::from_str::<serde_json::Value>(&json).expect("JSON"), expected);
        assert_eq!(object(&[]), "{}");
    }
}
