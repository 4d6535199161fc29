//! Percent-coding, for the URLs whose parts may hold anything.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use std::fmt;

/// What is coded in a user or host: all but RFC 3986's unreserved characters.
const WORD: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What is coded in a path: slashes are not, nor what cannot be misread there.
const PATH: &AsciiSet =
    &WORD.remove(b'/').remove(b'@').remove(b':').remove(b'+').remove(b',').remove(b'=');

/// Decodes; `None` when the result is not UTF-8 or holds control characters.
pub(super) fn decode(text: &str) -> Option<String> {
    let text = percent_decode_str(text).decode_utf8().ok()?;
    (!text.chars().any(char::is_control)).then(|| text.into_owned())
}

/// A user, host or database.
pub(super) fn word(text: &str) -> impl fmt::Display {
    utf8_percent_encode(text, WORD)
}

/// A path.
pub(super) fn path(text: &str) -> impl fmt::Display {
    utf8_percent_encode(text, PATH)
}
