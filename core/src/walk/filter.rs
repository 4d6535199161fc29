//! What a partial clone leaves out.

use crate::object::Kind;
use alloc::{format, string::String, vec::Vec};

/// The objects that a client does not want although they are reachable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Blobs of this many bytes and more are left out.
    pub blob_limit_bytes: Option<u64>,
    /// Trees and blobs this deep and deeper are left out; the root is at 0.
    pub tree_depth: Option<u64>,
    /// All other kinds are left out.
    pub kind: Option<Kind>,
    /// No kind is left: filters for different kinds were combined.
    is_empty: bool,
}

impl Filter {
    /// Reads a filter as git writes it.
    ///
    /// # Errors
    /// Git's own words for what is wrong with it.
    ///
    /// # Source
    /// git-rev-list(1), "--filter"
    pub fn parse(spec: &str) -> Result<Self, InvalidFilter> {
        let mut filter = Self::default();
        filter.add(spec, 0)?;
        Ok(filter)
    }

    /// Whether a whole kind is left out, whatever the object.
    pub fn leaves_out_kind(&self, kind: Kind) -> bool {
        self.is_empty
            || self.kind.is_some_and(|only| only != kind)
            || (kind == Kind::Blob && self.blob_limit_bytes == Some(0))
    }

    /// Whether trees and blobs this deep are left out.
    pub fn leaves_out_depth(&self, depth: u64) -> bool {
        self.tree_depth.is_some_and(|limit| depth >= limit)
    }

    /// Whether a tree is to be read for what it holds, be it left out itself or not.
    ///
    /// `depth`: of the entries.
    pub(crate) fn may_keep_entries(&self, depth: u64) -> bool {
        let keeps_trees = !self.leaves_out_kind(Kind::Tree);
        let keeps_blobs = !self.leaves_out_kind(Kind::Blob);
        (keeps_trees || keeps_blobs) && !self.leaves_out_depth(depth)
    }

    fn add(&mut self, spec: &str, nesting: u32) -> Result<(), InvalidFilter> {
        let invalid = || InvalidFilter { reason: format!("invalid filter-spec '{spec}'") };
        if spec == "blob:none" {
            self.limit_blobs(0);
        } else if let Some(limit) = spec.strip_prefix("blob:limit=") {
            self.limit_blobs(parse_size(limit).ok_or_else(invalid)?);
        } else if let Some(depth) = spec.strip_prefix("tree:") {
            let depth = depth
                .parse()
                .map_err(|_| InvalidFilter { reason: String::from("expected 'tree:<depth>'") })?;
            self.tree_depth = Some(self.tree_depth.map_or(depth, |other| other.min(depth)));
        } else if let Some(name) = spec.strip_prefix("object:type=") {
            let kind = Kind::from_name(name.as_bytes()).ok_or_else(|| InvalidFilter {
                reason: format!("'{name}' for 'object:type=<type>' is not a valid object type"),
            })?;
            self.is_empty |= self.kind.is_some_and(|other| other != kind);
            self.kind = Some(kind);
        } else if let Some(specs) = spec.strip_prefix("combine:") {
            if nesting > 8 {
                return Err(invalid());
            }
            for part in specs.split('+') {
                let part = percent_decode(part).ok_or_else(invalid)?;
                self.add(&part, nesting + 1)?;
            }
        } else if spec.starts_with("sparse:") {
            return Err(InvalidFilter {
                reason: String::from("filter 'sparse:oid' not supported"),
            });
        } else {
            return Err(invalid());
        }
        Ok(())
    }

    fn limit_blobs(&mut self, bytes: u64) {
        self.blob_limit_bytes = Some(self.blob_limit_bytes.map_or(bytes, |other| other.min(bytes)));
    }
}

/// A filter that is not understood or not offered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct InvalidFilter {
    /// What is wrong with it.
    pub reason: String,
}

/// A number with an optional `k`, `m` or `g`.
fn parse_size(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(['k', 'K', 'm', 'M', 'g', 'G']);
    let factor = match text.get(digits.len()..)? {
        "" => 1,
        "k" | "K" => 1 << 10,
        "m" | "M" => 1 << 20,
        "g" | "G" => 1 << 30,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(factor)
}

fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, behind)) = rest.split_first() {
        rest = behind;
        if first == b'%' {
            let (digits, behind) = rest.split_at_checked(2)?;
            bytes.push(u8::from_str_radix(core::str::from_utf8(digits).ok()?, 16).ok()?);
            rest = behind;
        } else {
            bytes.push(first);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(spec: &str) -> Filter {
        Filter::parse(spec).unwrap()
    }

    #[test]
    fn filters_are_read_as_git_writes_them() {
        assert_eq!(parse("blob:none").blob_limit_bytes, Some(0));
        assert_eq!(parse("blob:limit=1k").blob_limit_bytes, Some(1024));
        assert_eq!(parse("blob:limit=2M").blob_limit_bytes, Some(2 << 20));
        assert_eq!(parse("blob:limit=5").blob_limit_bytes, Some(5));
        assert_eq!(parse("tree:0").tree_depth, Some(0));
        assert_eq!(parse("object:type=tree").kind, Some(Kind::Tree));
        let both = parse("combine:blob:none+tree:3");
        assert_eq!((both.blob_limit_bytes, both.tree_depth), (Some(0), Some(3)));
        let nested = parse("combine:combine:tree%3a2%2Bblob:limit%3D9+tree:1");
        assert_eq!((nested.blob_limit_bytes, nested.tree_depth), (Some(9), Some(1)));
    }

    #[test]
    fn what_is_no_filter_is_refused() {
        for spec in [
            "",
            "blob",
            "blob:limit=",
            "blob:limit=-1",
            "blob:limit=9kk",
            "blob:limit=99999999999999999999",
            "tree:x",
            "object:type=leaf",
            "sparse:oid=1234",
            "combine:",
            "combine:blob:none+",
            "combine:%",
            "combine:%ff",
        ] {
            assert!(Filter::parse(spec).is_err(), "{spec}");
        }
        let nested = "combine:".repeat(20) + "blob:none";
        assert!(Filter::parse(&nested).is_err());
    }

    #[test]
    fn combined_filters_leave_out_what_either_does() {
        let filter = parse("combine:object:type=blob+object:type=tree");
        assert!(filter.leaves_out_kind(Kind::Blob) && filter.leaves_out_kind(Kind::Tree));
        let filter = parse("combine:tree:2+tree:1");
        assert!(filter.leaves_out_depth(1) && !filter.leaves_out_depth(0));
    }
}
