//! Conditions and ranges of a request for a file.

use crate::http::head::RequestHead;
use core::ops::Range;

/// What of a file is to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// The client has it already.
    Nothing,
    /// All of it.
    Whole,
    /// These bytes of it.
    Bytes(Range<u64>),
    /// The bytes that were asked for are not there.
    Unsatisfiable,
}

/// What a request asks of a file with this entity tag, quotes included.
///
/// Several ranges at once, and what is not a range, are taken for the whole file.
///
/// # Source
/// RFC 9110, 13.1.2, 13.1.5, 14.2
pub(super) fn part(request: &RequestHead, tag: &str, size_bytes: u64) -> Part {
    if request.header("if-none-match").is_some_and(|tags| names(tags, tag)) {
        return Part::Nothing;
    }
    let is_same = request.header("if-range").is_none_or(|known| known.trim() == tag);
    let Some(range) = request.header("range").filter(|_| is_same) else { return Part::Whole };
    let Some((first, last)) = range.trim().strip_prefix("bytes=").and_then(|r| r.split_once('-'))
    else {
        return Part::Whole;
    };
    let numbers = (number(first), number(last));
    match (first.is_empty(), last.is_empty(), numbers) {
        // So many from the end.
        (true, false, (_, Some(0))) => Part::Unsatisfiable,
        (true, false, (_, Some(length))) if size_bytes > 0 => {
            Part::Bytes(size_bytes.saturating_sub(length)..size_bytes)
        }
        (true, false, (_, Some(_))) => Part::Unsatisfiable,
        (false, _, (Some(start), _)) if last.is_empty() && start < size_bytes => {
            Part::Bytes(start..size_bytes)
        }
        (false, false, (Some(start), Some(end))) if start > end => Part::Whole,
        (false, false, (Some(start), Some(end))) if start < size_bytes => {
            Part::Bytes(start..size_bytes.min(end.saturating_add(1)))
        }
        (false, true, (Some(_), _)) | (false, false, (Some(_), Some(_))) => Part::Unsatisfiable,
        _ => Part::Whole,
    }
}

/// Digits only: a sign is none.
fn number(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// Whether a list of entity tags names this one.
fn names(tags: &str, tag: &str) -> bool {
    tags.split(',')
        .map(str::trim)
        .any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(headers: &[(&str, &str)]) -> Part {
        let headers = headers.iter().map(|(n, v)| ((*n).into(), (*v).into())).collect();
        part(&RequestHead { headers, ..RequestHead::default() }, "\"a\"", 10)
    }

    #[test]
    fn ranges_are_read() {
        for (range, expected) in [
            ("bytes=0-", Part::Bytes(0..10)),
            ("bytes=2-4", Part::Bytes(2..5)),
            ("bytes=9-9", Part::Bytes(9..10)),
            ("bytes=5-99999999999999999999", Part::Whole),
            ("bytes=5-18446744073709551615", Part::Bytes(5..10)),
            ("bytes=-3", Part::Bytes(7..10)),
            ("bytes=-30", Part::Bytes(0..10)),
            ("bytes=-0", Part::Unsatisfiable),
            ("bytes=10-", Part::Unsatisfiable),
            ("bytes=10-12", Part::Unsatisfiable),
            ("bytes=4-2", Part::Whole),
            ("bytes=0-1,3-4", Part::Whole),
            ("bytes=", Part::Whole),
            ("bytes=-", Part::Whole),
            ("bytes=+1-2", Part::Whole),
            ("lines=1-2", Part::Whole),
        ] {
            assert_eq!(asked(&[("range", range)]), expected, "{range}");
        }
    }

    #[test]
    fn what_the_client_has_is_not_sent() {
        for (tags, expected) in [
            ("\"a\"", Part::Nothing),
            ("\"b\", W/\"a\"", Part::Nothing),
            ("*", Part::Nothing),
            ("\"b\"", Part::Whole),
            ("a", Part::Whole),
        ] {
            assert_eq!(asked(&[("if-none-match", tags)]), expected, "{tags}");
        }
        let range = ("range", "bytes=0-1");
        assert_eq!(asked(&[range, ("if-range", "\"a\"")]), Part::Bytes(0..2));
        assert_eq!(asked(&[range, ("if-range", "\"b\"")]), Part::Whole);
    }
}
