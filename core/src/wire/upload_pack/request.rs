//! What a client asks for, in any version of the protocol.

use super::{WireError, protocol, refused, shown};
use crate::{object::ObjectId, refs::RefName, walk::Filter};
use alloc::{format, string::String, vec::Vec};

/// A depth that means "all".
pub(super) const INFINITE_DEPTH: u32 = 0x7fff_ffff;

/// What a client asks for.
#[derive(Clone, Debug, Default)]
pub(super) struct Request {
    pub(super) wants: Vec<ObjectId>,
    /// Refs that were wanted by name, and what they name.
    pub(super) wanted_refs: Vec<(RefName, ObjectId)>,
    /// Commits whose parents the client does not have.
    pub(super) client_shallow: Vec<ObjectId>,
    pub(super) deepen: Deepen,
    pub(super) filter: Filter,
    pub(super) is_thin: bool,
    pub(super) has_ofs_delta: bool,
    pub(super) wants_tags: bool,
    pub(super) is_without_progress: bool,
}

/// How deep a client wants its history to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Deepen {
    /// So many commits.
    pub(super) depth: Option<u32>,
    /// The depth counts from where the client's history ends now, not from the tips.
    pub(super) is_relative: bool,
    /// Nothing before this moment, in seconds since 1970.
    pub(super) since_s: Option<u64>,
    /// Nothing that these refs lead to.
    pub(super) not: Vec<String>,
}

impl Deepen {
    /// Whether the client wants to be told where its history ends.
    pub(super) fn is_asked(&self) -> bool {
        self.depth.is_some() || self.is_by_history()
    }

    /// Whether the end is given by date or by refs.
    pub(super) fn is_by_history(&self) -> bool {
        self.since_s.is_some() || !self.not.is_empty()
    }
}

impl Request {
    /// Takes a line that is the same in all versions; false if this is none.
    ///
    /// # Errors
    /// It is one and it is not well-formed, or what it asks for is not offered.
    pub(super) fn take_line(&mut self, line: &[u8]) -> Result<bool, WireError> {
        let text = core::str::from_utf8(line)
            .map_err(|_| protocol(format!("a line is not UTF-8: '{}'", shown(line))))?;
        let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
        match word {
            "shallow" => self.client_shallow.push(parse_id(rest, line)?),
            "deepen" => {
                let depth = rest.parse().ok().filter(|&depth| depth > 0);
                let depth = depth.ok_or_else(|| refused(format!("Invalid deepen: {text}")))?;
                self.deepen.depth = Some(depth);
            }
            "deepen-since" => {
                let since_s = rest.parse().ok().filter(|&since_s| since_s > 0);
                let invalid = || refused(format!("Invalid deepen-since: {text}"));
                self.deepen.since_s = Some(since_s.ok_or_else(invalid)?);
            }
            "deepen-not" => self.deepen.not.push(rest.into()),
            "filter" => {
                self.filter = Filter::parse(rest).map_err(|error| refused(error.reason))?;
            }
            _ => return Ok(false),
        }
        if self.deepen.depth.is_some() && self.deepen.is_by_history() {
            let reason = "deepen and deepen-since (or deepen-not) cannot be used together";
            return Err(refused(format!("upload-pack: {reason}")));
        }
        Ok(true)
    }
}

/// Reads the id in a line.
pub(super) fn parse_id(hex: &str, line: &[u8]) -> Result<ObjectId, WireError> {
    ObjectId::from_hex(hex.as_bytes())
        .map_err(|_| protocol(format!("expected an object id, got '{}'", shown(line))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(lines: &[&str]) -> Result<Request, WireError> {
        let mut request = Request::default();
        for line in lines {
            assert!(request.take_line(line.as_bytes())?, "{line}");
        }
        Ok(request)
    }

    #[test]
    fn lines_of_all_versions_are_taken() {
        let id = "1111111111111111111111111111111111111111";
        let request = take(&[&format!("shallow {id}"), "deepen 3", "filter tree:0"]).unwrap();
        assert_eq!(request.client_shallow, [id.parse().unwrap()]);
        assert_eq!(request.deepen.depth, Some(3));
        assert_eq!(request.filter.tree_depth, Some(0));
        let request = take(&["deepen-since 77", "deepen-not main"]).unwrap();
        assert!(request.deepen.is_by_history() && request.deepen.is_asked());
        assert!(!Request::default().take_line(b"have 1").unwrap());
    }

    #[test]
    fn broken_lines_are_refused() {
        for line in [
            "shallow 12",
            "deepen 0",
            "deepen -1",
            "deepen x",
            "deepen-since x",
            "filter sparse:oid=main",
            "filter nothing",
        ] {
            assert!(take(&[line]).is_err(), "{line}");
        }
        assert!(take(&["deepen 1", "deepen-since 5"]).is_err());
        assert!(Request::default().take_line(b"\xff").is_err());
    }
}
