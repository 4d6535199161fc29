//! Git's `config`: its sections and values.
//!
//! # Source
//! git-config(1), "Syntax"

use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};

/// One value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Section, subsection if any, and key, with dots between; section and key in lower case.
    pub(super) name: String,
    /// `true` where a key stands alone.
    pub(super) value: String,
}

/// Reads all values, in their order. Files that are included are not looked at.
///
/// # Errors
/// The number of the first line that is not valid.
pub(super) fn parse(bytes: &[u8]) -> Result<Vec<Entry>, usize> {
    let text = String::from_utf8_lossy(bytes).replace("\r\n", "\n");
    let mut reader = Reader { rest: text.strip_prefix('\u{feff}').unwrap_or(&text), line: 1 };
    // Git takes a key above all sections, and gives it no meaning.
    let mut section = String::new();
    let mut entries = Vec::new();
    while let Some(first) = reader.peek() {
        match first {
            '#' | ';' => reader.skip_line(),
            '[' => section = reader.section()?,
            _ if first.is_ascii_whitespace() => {
                reader.next();
            }
            _ if first.is_ascii_alphabetic() => {
                let name =
                    format!("{section}.{}", reader.word(|at| at == '-').to_ascii_lowercase());
                entries.push(Entry { name, value: reader.assigned()? });
            }
            _ => return Err(reader.line),
        }
    }
    Ok(entries)
}

struct Reader<'t> {
    rest: &'t str,
    line: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let first = self.peek()?;
        self.rest = self.rest.get(first.len_utf8()..).unwrap_or_default();
        self.line += usize::from(first == '\n');
        Some(first)
    }

    fn skip_line(&mut self) {
        while self.peek().is_some_and(|at| at != '\n') {
            self.next();
        }
    }

    fn skip_blanks(&mut self) {
        while self.peek().is_some_and(|at| at == ' ' || at == '\t') {
            self.next();
        }
    }

    /// Letters, digits and what else `is_part`.
    fn word(&mut self, is_part: impl Fn(char) -> bool) -> String {
        let mut word = String::new();
        while let Some(at) = self.peek().filter(|&at| at.is_ascii_alphanumeric() || is_part(at)) {
            word.push(at);
            self.next();
        }
        word
    }

    /// `[section]` or `[section "subsection"]`
    fn section(&mut self) -> Result<String, usize> {
        let line = self.line;
        self.next();
        let mut name = self.word(|at| at == '-' || at == '.').to_ascii_lowercase();
        self.skip_blanks();
        if self.peek() == Some('"') {
            self.next();
            name.push('.');
            loop {
                match self.next() {
                    Some('"') => break,
                    Some('\\') => name.push(self.next().filter(|&at| at != '\n').ok_or(line)?),
                    None | Some('\n') => return Err(line),
                    Some(at) => name.push(at),
                }
            }
        }
        if self.next() == Some(']') && !name.is_empty() { Ok(name) } else { Err(line) }
    }

    /// What follows a key.
    fn assigned(&mut self) -> Result<String, usize> {
        self.skip_blanks();
        match self.peek() {
            None | Some('\n') => Ok("true".to_string()),
            Some('=') => {
                self.next();
                self.value()
            }
            Some(_) => Err(self.line),
        }
    }

    fn value(&mut self) -> Result<String, usize> {
        let line = self.line;
        let (mut value, mut kept_bytes, mut is_quoted) = (String::new(), 0, false);
        self.skip_blanks();
        loop {
            match self.peek() {
                None | Some('\n') if is_quoted => return Err(line),
                None | Some('\n') => break,
                Some('#' | ';') if !is_quoted => {
                    self.skip_line();
                    break;
                }
                Some('"') => is_quoted = !is_quoted,
                Some('\\') => {
                    self.next();
                    match self.peek() {
                        Some('\n') => {}
                        Some('n') => value.push('\n'),
                        Some('t') => value.push('\t'),
                        Some('b') => value.push('\u{8}'),
                        Some(at @ ('"' | '\\')) => value.push(at),
                        _ => return Err(line),
                    }
                    kept_bytes = value.len();
                }
                Some(at) if !is_quoted && at.is_ascii_whitespace() => {
                    if !value.is_empty() {
                        value.push(at);
                    }
                }
                Some(at) => {
                    value.push(at);
                    kept_bytes = value.len();
                }
            }
            self.next();
        }
        value.truncate(kept_bytes);
        Ok(value)
    }
}
