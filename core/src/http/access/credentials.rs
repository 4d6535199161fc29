//! What a client shows to say who it is.

use crate::http::head::RequestHead;
use alloc::{borrow::ToOwned, string::String};
use base64::{Engine, engine::general_purpose::STANDARD};

/// Longest header that is looked at, in bytes.
const LONGEST_BYTES: usize = 8192;

/// The token that a request shows; `None` when it shows nothing, and empty when what it shows is
/// not understood.
///
/// Git sends a name and a password: the password is the token, or the name where there is no
/// password. Everything else sends `Bearer`.
pub(super) fn shown_token(request: &RequestHead) -> Option<String> {
    let header = request.header("authorization")?.trim();
    if header.len() > LONGEST_BYTES {
        return Some(String::new());
    }
    let (scheme, value) = header.split_once(' ').unwrap_or((header, ""));
    let value = value.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(value.to_owned());
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return Some(String::new());
    }
    let decoded = STANDARD.decode(value).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let decoded = decoded.unwrap_or_default();
    let (name, password) = decoded.split_once(':').unwrap_or((&decoded, ""));
    Some(if password.is_empty() { name } else { password }.to_owned())
}
