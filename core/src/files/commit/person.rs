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
