//! Keys as buckets and URLs have them.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What stays as it is in a URL, by the rules of every provider's signature: RFC 3986, "unreserved".
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const RESERVED_IN_PATH: &AsciiSet = &RESERVED.remove(b'/');

/// The part of a bucket that is a store: the keys below a prefix.
#[derive(Debug)]
pub(super) struct Keys {
    /// Empty, or ends in a slash.
    prefix: String,
}

impl Keys {
    pub fn below(prefix: &str) -> Self {
        let prefix = prefix.trim_matches('/');
        Self { prefix: if prefix.is_empty() { String::new() } else { format!("{prefix}/") } }
    }

    /// The bucket's key for a key of the store.
    pub fn whole(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }

    /// The store's key for a key of the bucket.
    pub fn strip<'k>(&self, whole: &'k str) -> &'k str {
        whole.strip_prefix(&self.prefix).unwrap_or(whole)
    }
}

/// `key` as the path of a URL.
pub(super) fn path(key: &str) -> String {
    utf8_percent_encode(key, RESERVED_IN_PATH).to_string()
}

/// `pairs` as the query of a URL.
pub(super) fn query(pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, RESERVED)))
        .collect();
    pairs.join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_lie_below_their_prefix() {
        for (prefix, whole) in [("", "a/b"), ("p", "p/a/b"), ("/p/q/", "p/q/a/b")] {
            let keys = Keys::below(prefix);
            assert_eq!(keys.whole("a/b"), whole);
            assert_eq!(keys.strip(whole), "a/b");
        }
    }

    #[test]
    fn urls_escape_all_that_is_not_plain() {
        assert_eq!(path("a b/%2F+é~."), "a%20b/%252F%2B%C3%A9~.");
        assert_eq!(query(&[("prefix", "a/b &c"), ("x", "")]), "prefix=a%2Fb%20%26c&x=");
    }
}
