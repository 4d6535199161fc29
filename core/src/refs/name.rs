//! Ref names and git's rules for them.

use crate::limits;
use alloc::{borrow::ToOwned, string::String};
use core::fmt;

/// A full ref name that follows git's rules, such as `refs/heads/main`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RefName(String);

impl RefName {
    /// Checks a full name: `HEAD` or below `refs/`.
    ///
    /// # Errors
    /// The first rule that it breaks. Names must be UTF-8 and no longer than what every kind of
    /// storage takes, which git does not demand.
    ///
    /// # Source
    /// git-check-ref-format(1)
    pub fn new(name: &str) -> Result<Self, InvalidRefName> {
        match broken_rule(name) {
            None => Ok(Self(name.to_owned())),
            Some(reason) => Err(InvalidRefName { name: name.to_owned(), reason }),
        }
    }

    /// `HEAD`
    pub fn head() -> Self {
        Self(HEAD.to_owned())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is `HEAD`, the one name that is not below `refs/`.
    pub fn is_head(&self) -> bool {
        self.0 == HEAD
    }

    /// Whether this is below `refs/heads/`.
    pub fn is_branch(&self) -> bool {
        self.0.starts_with("refs/heads/")
    }
}

impl fmt::Display for RefName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A name that git does not allow for a ref.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name:?} is not a valid ref name: {reason}")]
pub struct InvalidRefName {
    /// The name.
    pub name: String,
    /// The rule that it breaks.
    pub reason: &'static str,
}

const HEAD: &str = "HEAD";

/// The first rule that `name` breaks.
fn broken_rule(name: &str) -> Option<&'static str> {
    if name == HEAD {
        return None;
    }
    let Some(below) = name.strip_prefix("refs/") else {
        return Some("it must be HEAD or begin with refs/");
    };
    if name.len() > limits::REF_NAME_BYTES {
        return Some("it is too long");
    }
    if let Some(reason) = name.chars().find_map(forbidden) {
        return Some(reason);
    }
    if name.contains("..") {
        return Some("two dots in a row are not allowed");
    }
    if name.contains("@{") {
        return Some("@{ is not allowed");
    }
    if name.ends_with('.') {
        return Some("it must not end with a dot");
    }
    below.split('/').find_map(|component| match component {
        "" => Some("it must not end with a slash or hold two in a row"),
        _ if component.starts_with('.') => Some("no part of it may begin with a dot"),
        _ if component.ends_with(".lock") => Some("no part of it may end with .lock"),
        _ if component.len() > limits::REF_COMPONENT_BYTES => Some("a part of it is too long"),
        _ => None,
    })
}

fn forbidden(c: char) -> Option<&'static str> {
    match c {
        '\0'..='\x1f' | '\x7f' => Some("control characters are not allowed"),
        ' ' | '~' | '^' | ':' | '?' | '*' | '[' | '\\' => {
            Some("space ~ ^ : ? * [ and \\ are not allowed")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{TempDir, try_git};
    use alloc::{format, string::ToString, vec::Vec};

    /// Whether git takes `name` for a full ref name.
    fn git_takes(name: &str) -> bool {
        let dir = TempDir::new();
        let (is_valid, _, _) = try_git(dir.path(), &["check-ref-format", name], b"");
        is_valid
    }

    #[test]
    fn agrees_with_git_on_odd_names() {
        let odd = [
            "refs/heads/main",
            "refs/heads/a/b/c",
            "refs/heads/@",
            "refs/heads/-a",
            "refs/stash",
            "refs/heads/a@",
            "refs/heads/@{",
            "refs/heads/a@{1}",
            "refs/heads/.a",
            "refs/heads/a.",
            "refs/heads/a./b",
            "refs/heads/a..b",
            "refs/heads/a.b",
            "refs/heads/a.lock",
            "refs/heads/a.lock/b",
            "refs/heads/a.lockb",
            "refs/heads/.lock",
            "refs/heads/lock",
            "refs/heads/a.LOCK",
            "refs/heads//a",
            "refs/heads/a/",
            "refs/",
            "refs//a",
            "refs/heads",
            "refs/heads/a b",
            "refs/heads/a~b",
            "refs/heads/a^b",
            "refs/heads/a:b",
            "refs/heads/a?",
            "refs/heads/a*",
            "refs/heads/[a",
            "refs/heads/a]",
            "refs/heads/a\\b",
            "refs/heads/a\tb",
            "refs/heads/a\x7fb",
            "refs/heads/a\nb",
            "refs/heads/é",
            "refs/heads/日本",
            "refs/heads/{",
            "refs/heads/a{b",
            "refs/heads/\"a\"",
            "refs/heads/'a",
            "refs/heads/$a",
            "refs/heads/a;b",
            "refs/heads/a&b",
            "refs/heads/a|b",
            "refs/heads/<a>",
            "refs/heads/#",
            "refs/heads/!",
            "refs/heads/%41",
            "refs/heads/a/.b",
            "refs/heads/a/b.lock",
            "refs/heads/a/..",
            "refs/./a",
            "refs/heads/a,b",
            "refs/heads/a=b",
            "refs/heads/a+b",
            "refs/heads/(a)",
            "refs/HEAD",
            "refs/heads/HEAD",
            "refs/@",
            "refs/heads/..a",
            "refs/heads/...",
            "refs/heads/a/@/b",
        ];
        for name in odd {
            assert_eq!(RefName::new(name).is_ok(), git_takes(name), "{name:?}");
        }
    }

    #[test]
    fn agrees_with_git_on_generated_names() {
        let pieces =
            ["a", ".", "/", ".lock", "@", "{", "~", "\\", "..", "é", "lock", "-", "*", " "];
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        let mut random = |below: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 33) as usize % below
        };
        let mut valid = 0;
        for _ in 0..400 {
            let tail: Vec<&str> =
                (0..1 + random(5)).map(|_| pieces[random(pieces.len())]).collect();
            let name = format!("refs/{}", tail.concat());
            assert_eq!(RefName::new(&name).is_ok(), git_takes(&name), "{name:?}");
            valid += usize::from(RefName::new(&name).is_ok());
        }
        assert!((50..350).contains(&valid), "{valid} of 400 names were valid");
    }

    #[test]
    fn only_head_lies_outside_of_refs() {
        assert!(RefName::new("HEAD").is_ok_and(|name| name.is_head()));
        for name in ["", "main", "heads/main", "FETCH_HEAD", "/refs/a", "xrefs/a", "head", "refs"] {
            assert!(RefName::new(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn refuses_what_some_storage_cannot_hold() {
        let fits = format!("refs/heads/{}", "a".repeat(limits::REF_COMPONENT_BYTES));
        assert!(RefName::new(&fits).is_ok());
        assert!(RefName::new(&format!("{fits}a")).is_err());
        assert!(RefName::new(&format!("refs/heads/{}", "a/".repeat(500) + "a")).is_err());
    }

    #[test]
    fn says_which_rule_is_broken() {
        let error = RefName::new("refs/heads/a.lock").unwrap_err();
        assert_eq!(
            error.to_string(),
            r#""refs/heads/a.lock" is not a valid ref name: no part of it may end with .lock"#
        );
    }
}
