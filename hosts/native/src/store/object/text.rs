//! What the bodies and headers of answers say.

use chrono::DateTime;
use http::HeaderMap;
use serde::{Deserialize, de::DeserializeOwned};

/// What a refusal says about itself.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Refusal {
    pub code: String,
    pub message: String,
    /// S3 only: where the bucket is, if the request went elsewhere.
    pub region: Option<String>,
}

impl Refusal {
    /// Reads the error document that S3, GCS and Azure send; an empty one if it is none.
    pub fn parse(body: &[u8]) -> Self {
        xml(body).unwrap_or_default()
    }
}

/// Reads a document.
pub(super) fn xml<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    let text = std::str::from_utf8(body).map_err(|error| error.to_string())?;
    // Azure's documents begin with a byte order mark.
    quick_xml::de::from_str(text.trim_start_matches('\u{feff}')).map_err(|error| error.to_string())
}

/// A header's text.
pub(super) fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

/// An entity tag without its quotes.
pub(super) fn bare_tag(tag: &str) -> &str {
    tag.trim().trim_matches('"')
}

/// The whole length that a `Content-Range` tells, as in `bytes 0-4/10`.
pub(super) fn whole_length(content_range: &str) -> Option<u64> {
    content_range.rsplit_once('/')?.1.parse().ok()
}

/// Seconds since 1970 of a time as listings have it: `2026-11-21T12:00:00.000Z`, or as headers do:
/// `Sat, 21 Nov 2026 12:00:00 GMT`.
pub(super) fn seconds(time: &str) -> Option<u64> {
    let time = DateTime::parse_from_rfc3339(time).or_else(|_| DateTime::parse_from_rfc2822(time));
    u64::try_from(time.ok()?.timestamp()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_read_from_each_provider() {
        let s3 =
            b"<?xml version=\"1.0\"?>\n<Error><Code>NoSuchKey</Code><Message>a &amp; b</Message>\
            <Key>k</Key><RequestId>1</RequestId></Error>";
        let azure = "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>BlobNotFound</Code>\
            <Message>gone\nTime:now</Message></Error>";
        assert_eq!(Refusal::parse(s3).code, "NoSuchKey");
        assert_eq!(Refusal::parse(s3).message, "a & b");
        assert_eq!(Refusal::parse(azure.as_bytes()).code, "BlobNotFound");
        assert_eq!(Refusal::parse(b"<html>").code, "");
    }

    #[test]
    fn times_are_read_in_both_forms() {
        assert_eq!(seconds("2026-11-21T12:00:00.000Z"), Some(1_795_262_400));
        assert_eq!(seconds("Sat, 21 Nov 2026 12:00:00 GMT"), Some(1_795_262_400));
        assert_eq!(seconds("yesterday"), None);
    }

    #[test]
    fn content_ranges_tell_the_whole_length() {
        assert_eq!(whole_length("bytes 0-4/10"), Some(10));
        assert_eq!(whole_length("bytes 0-4/*"), None);
    }
}
