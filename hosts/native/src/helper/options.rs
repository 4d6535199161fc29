//! What git tells the helper with `option`.

use std::collections::BTreeMap;
use trunks_core::object::ObjectId;

/// What git asked for so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Whether git shows progress.
    pub progress: bool,
    /// 0 is `--quiet`, 1 is usual.
    pub verbosity: i32,
    /// Whether a fetch brings tags along that point at what it fetches.
    pub follow_tags: bool,
    /// Whether git would rather not check connectivity itself.
    pub check_connectivity: bool,
    /// Whether the fetch is other than plain: shallow, deepened, filtered, again.
    pub partial: bool,
    /// Whether a push changes nothing.
    pub dry_run: bool,
    /// Whether a push moves all its refs or none.
    pub atomic: bool,
    /// What refs must be for a push to go ahead (`--force-with-lease`); the id is all zeros where
    /// there must be none.
    pub leases: BTreeMap<String, ObjectId>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            progress: false,
            verbosity: 1,
            follow_tags: false,
            check_connectivity: false,
            partial: false,
            dry_run: false,
            atomic: false,
            leases: BTreeMap::new(),
        }
    }
}

/// What the helper says to an option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It will be heeded.
    Ok,
    /// It is not known here.
    Unsupported,
    /// Its value is wrong.
    Error(String),
}

impl Options {
    /// Takes what follows `option `: a name and a value, which may be quoted.
    ///
    /// # Source
    /// gitremote-helpers(7), "OPTIONS"
    pub fn set(&mut self, line: &str) -> Answer {
        let (name, value) = line.split_once(' ').unwrap_or((line, ""));
        let Some(value) = unquote(value) else {
            return Answer::Error(format!("the value of option {name} is badly quoted"));
        };
        let is_true = value == "true";
        match name {
            "progress" => self.progress = is_true,
            "verbosity" => match value.parse() {
                Ok(level) => self.verbosity = level,
                Err(_) => return Answer::Error("verbosity must be a number".into()),
            },
            "followtags" => self.follow_tags = is_true,
            "check-connectivity" => self.check_connectivity = is_true,
            "dry-run" => self.dry_run = is_true,
            "atomic" => self.atomic = is_true,
            // `git fetch` says 0 after a fetch that was deepened, before it asks for tags.
            "depth" => self.partial |= value != "0",
            "deepen-since" | "deepen-not" | "filter" | "from-promisor" => self.partial = true,
            "deepen-relative" | "update-shallow" | "refetch" => self.partial |= is_true,
            "cas" => match value.rsplit_once(':').map(|(name, id)| (name, id.parse())) {
                Some((name, Ok(id))) => {
                    self.leases.insert(name.to_owned(), id);
                }
                _ => return Answer::Error("cas must be <ref>:<id>".into()),
            },
            "object-format" if value != "true" && value != "sha1" => {
                return Answer::Error(format!("object format {value} is not supported"));
            }
            // A push that must be signed is refused; one that need not be goes as it is.
            "pushcert" if value == "if-asked" => {}
            // Known, and nothing is to be done: pushes are always checked against the listed
            // values, no hook reads push options, and no repository here is shallow.
            "object-format" | "cloning" | "family" | "push-option" | "force-if-includes"
            | "reject-shallow" => {}
            _ => return Answer::Unsupported,
        }
        Answer::Ok
    }
}

/// Undoes git's C-style quoting; what does not begin with a quote stands for itself.
fn unquote(value: &str) -> Option<String> {
    let Some(inner) = value.strip_prefix('"') else { return Some(value.to_owned()) };
    let inner = inner.strip_suffix('"')?.as_bytes();
    let mut bytes = Vec::with_capacity(inner.len());
    let mut rest = inner.iter();
    while let Some(&byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        bytes.push(match *rest.next()? {
            b'a' => 7,
            b'b' => 8,
            b't' => 9,
            b'n' => 10,
            b'v' => 11,
            b'f' => 12,
            b'r' => 13,
            high @ b'0'..=b'3' => {
                let [middle @ b'0'..=b'7', low @ b'0'..=b'7'] = [*rest.next()?, *rest.next()?]
                else {
                    return None;
                };
                ((high - b'0') << 6) | ((middle - b'0') << 3) | (low - b'0')
            }
            same @ (b'"' | b'\\') => same,
            _ => return None,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_clone_stays_plain() {
        let mut options = Options::default();
        for line in ["progress true", "verbosity 2", "object-format true", "cloning true"] {
            assert_eq!(options.set(line), Answer::Ok, "{line}");
        }
        assert_eq!(options, Options { progress: true, verbosity: 2, ..Options::default() });
    }

    #[test]
    fn what_makes_a_fetch_partial_is_noticed() {
        for line in [
            "depth 1",
            "deepen-since 2020-01-01",
            "deepen-not refs/heads/old",
            "deepen-relative true",
            "filter blob:none",
            "from-promisor 1",
            "update-shallow true",
            "refetch true",
        ] {
            let mut options = Options::default();
            assert_eq!(options.set(line), Answer::Ok, "{line}");
            assert!(options.partial, "{line}");
        }
        let mut options = Options::default();
        assert_eq!(options.set("depth 0"), Answer::Ok);
        assert_eq!(options.set("deepen-relative false"), Answer::Ok);
        assert!(!options.partial);
    }

    #[test]
    fn leases_are_kept_by_ref() {
        let mut options = Options::default();
        assert_eq!(options.set(&format!("cas refs/heads/a:{}", "1".repeat(40))), Answer::Ok);
        assert_eq!(
            options.set(&format!("cas \"refs/heads/\\303\\244:{}\"", "0".repeat(40))),
            Answer::Ok
        );
        assert!(options.leases.get("refs/heads/a").is_some_and(|id| !id.is_zero()));
        assert_eq!(options.leases.get("refs/heads/ä"), Some(&ObjectId::ZERO));
    }

    #[test]
    fn what_is_unknown_or_wrong_is_said() {
        let mut options = Options::default();
        assert_eq!(options.set("pushcert true"), Answer::Unsupported);
        assert_eq!(options.set("pushcert if-asked"), Answer::Ok);
        assert_eq!(options.set("servpath /bin/x"), Answer::Unsupported);
        assert_eq!(options.set(""), Answer::Unsupported);
        for line in [
            "verbosity much",
            "cas nothing",
            "cas refs/heads/a:0123",
            "object-format sha256",
            "filter \"open",
            "filter \"\\9\"",
        ] {
            assert!(matches!(options.set(line), Answer::Error(_)), "{line}");
        }
        assert_eq!(options, Options::default());
    }

    #[test]
    fn quoting_is_undone() {
        assert_eq!(unquote("plain"), Some("plain".into()));
        assert_eq!(unquote(r#""a\tb\"c\\d\101""#), Some("a\tb\"c\\dA".into()));
        assert_eq!(unquote(r#""\""#), None);
        assert_eq!(unquote(r#""\777""#), None);
    }
}
