//! Who wrote or committed something, and when.

use super::CommitError;
use alloc::{borrow::ToOwned, format, string::String, vec::Vec};

/// A person and a time, as a commit or tag names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// What they are called.
    pub name: String,
    /// Where they are reached; may be empty.
    pub email: String,
    /// Seconds since 1970.
    pub time_s: u64,
    /// How far their clock is ahead of UTC, in minutes.
    pub zone_minutes: i16,
}

impl Person {
    /// Reads what a commit or tag says, however odd it is: what is missing is empty or 0, and what is
    /// not UTF-8 is replaced.
    pub fn parse(line: &[u8]) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes.trim_ascii()).into_owned();
        let open = line.iter().position(|&byte| byte == b'<').unwrap_or(line.len());
        let close = line.iter().rposition(|&byte| byte == b'>').unwrap_or(line.len()).max(open);
        let (name, rest) = line.split_at(open);
        let (email, after) = rest.split_at(close - open);
        let mut words = after.get(1..).unwrap_or_default().split(|&byte| byte == b' ');
        let mut number =
            || words.find(|word| !word.is_empty()).and_then(|word| str::from_utf8(word).ok());
        let time_s = number().and_then(|word| word.parse().ok()).unwrap_or(0);
        let zone: i16 = number().and_then(|word| word.parse().ok()).unwrap_or(0);
        let zone_minutes = zone / 100 * 60 + zone % 100;
        Self {
            name: text(name),
            email: text(email.get(1..).unwrap_or_default()),
            time_s,
            zone_minutes,
        }
    }

    /// `name <email> seconds zone`
    ///
    /// # Errors
    /// `InvalidPerson`: git could not tell the parts apart.
    pub fn line(&self) -> Result<Vec<u8>, CommitError> {
        let invalid =
            |text: &str, reason| Err(CommitError::InvalidPerson { text: text.to_owned(), reason });
        if self.name.trim().is_empty() {
            return invalid(&self.name, "a name is needed");
        }
        for text in [&self.name, &self.email] {
            if text.contains(['<', '>', '\n', '\0']) {
                return invalid(text, "angle brackets, line breaks and zero bytes are not allowed");
            }
        }
        let zone = self.zone_minutes.unsigned_abs();
        let sign = if self.zone_minutes < 0 { '-' } else { '+' };
        let (name, email) = (self.name.trim(), self.email.trim());
        let time_s = self.time_s;
        Ok(format!("{name} <{email}> {time_s} {sign}{:02}{:02}", zone / 60, zone % 60).into_bytes())
    }
}
