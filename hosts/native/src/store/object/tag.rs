//! Versions that are entity tags, as S3 and Azure have them.

use super::text;
use http::{
    HeaderMap, HeaderValue,
    header::{IF_MATCH, IF_NONE_MATCH},
};
use trunks_core::store::{Expected, Version};

/// The version of the value that an answer is about.
pub(super) fn version(headers: &HeaderMap) -> Option<Version> {
    text::header(headers, "etag").map(|tag| Version(text::bare_tag(tag).to_owned()))
}

/// Adds the condition to a request; false if no value can have the version that is expected.
///
/// `spell`: makes a tag, as the server wants it, of a version.
pub(super) fn demand(
    expected: &Expected,
    spell: impl FnOnce(&str) -> String,
    headers: &mut HeaderMap,
) -> bool {
    match expected {
        Expected::Any => true,
        Expected::Absent | Expected::AbsentBeside { .. } => {
            headers.insert(IF_NONE_MATCH, HeaderValue::from_static("*"));
            true
        }
        Expected::Is(version) => match HeaderValue::from_str(&spell(&version.0)) {
            Ok(tag) => headers.insert(IF_MATCH, tag).is_none(),
            Err(_) => false,
        },
    }
}
