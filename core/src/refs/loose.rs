//! The content of a loose ref and of `HEAD`.

use super::{RefError, RefName};
use crate::object::ObjectId;
use alloc::{borrow::ToOwned, format, string::String, vec::Vec};

/// What a loose ref holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Loose {
    /// An object's id.
    Id(ObjectId),
    /// The name of another ref.
    Symbolic(RefName),
}

impl Loose {
    /// Reads the file stored at `key`.
    ///
    /// As git does, it takes any white space after `ref:` and after the id, and whatever follows the
    /// id behind white space.
    ///
    /// # Errors
    /// `Corrupt`
    pub(crate) fn parse(key: &str, bytes: &[u8]) -> Result<Self, RefError> {
        let corrupt = |reason: String| RefError::Corrupt { key: key.to_owned(), reason };
        if let Some(target) = bytes.strip_prefix(b"ref:") {
            let target = core::str::from_utf8(target.trim_ascii())
                .map_err(|_| corrupt("the target is not UTF-8".to_owned()))?;
            let target = RefName::new(target).map_err(|error| corrupt(format!("{error}")))?;
            return Ok(Self::Symbolic(target));
        }
        let (hex, rest) = bytes.split_at_checked(ObjectId::HEX).unwrap_or((bytes, b""));
        let id = ObjectId::from_hex(hex).map_err(|error| corrupt(format!("{error}")))?;
        if rest.first().is_some_and(|byte| !is_space(*byte)) {
            return Err(corrupt("there is more than an object id".to_owned()));
        }
        if id.is_zero() {
            return Err(corrupt("the object id is all zeros".to_owned()));
        }
        Ok(Self::Id(id))
    }

    /// The bytes of the file.
    pub(crate) fn write(&self) -> Vec<u8> {
        match self {
            Self::Id(id) => format!("{id}\n").into_bytes(),
            Self::Symbolic(target) => format!("ref: {target}\n").into_bytes(),
        }
    }
}

fn is_space(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == b'\x0b'
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{TempDir, git, git_text, try_git};
    use alloc::string::ToString;

    #[test]
    fn reads_what_git_reads() {
        let dir = TempDir::new();
        git(dir.path(), &["init", "--quiet", "--bare", "."]);
        let tree = git_text(dir.path(), &["write-tree"]);
        let commit = git_text(dir.path(), &["commit-tree", "-m", "a", &tree]);
        git(dir.path(), &["update-ref", "refs/heads/main", &commit]);
        let upper = commit.to_ascii_uppercase();
        let contents = [
            format!("{commit}\n"),
            commit.clone(),
            format!("{commit}\r\n"),
            format!("{commit} \n\n"),
            format!("{commit}\tbranch main of elsewhere\n"),
            format!("{commit}x\n"),
            format!("{upper}\n"),
            format!(" {commit}\n"),
            format!("{}\n", &commit[1..]),
            "ref: refs/heads/main\n".to_string(),
            "ref:refs/heads/main".to_string(),
            "ref: \t refs/heads/main \n\n".to_string(),
            "ref: refs/heads/main\r\n".to_string(),
            "Ref: refs/heads/main\n".to_string(),
            String::new(),
            "\n".to_string(),
            "ref:\n".to_string(),
            "ref: refs/heads/ma in\n".to_string(),
        ];
        for content in contents {
            std::fs::write(dir.path().join("refs/heads/odd"), &content).unwrap();
            let (git_reads, output, _) =
                try_git(dir.path(), &["rev-parse", "--verify", "--quiet", "refs/heads/odd"], b"");
            let ours = Loose::parse("refs/heads/odd", content.as_bytes());
            assert_eq!(ours.is_ok(), git_reads, "{content:?}: {ours:?}");
            match ours {
                Ok(Loose::Id(id)) => assert_eq!(id.to_string().as_bytes(), output.trim_ascii()),
                Ok(Loose::Symbolic(target)) => assert_eq!(target.as_str(), "refs/heads/main"),
                Err(_) => {}
            }
        }
    }

    #[test]
    fn refuses_the_id_of_no_object() {
        let error = Loose::parse("refs/heads/a", "0".repeat(40).as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), "refs/heads/a is corrupt: the object id is all zeros");
    }

    #[test]
    fn writes_what_it_reads() {
        for text in ["ref: refs/heads/main\n", "4b825dc642cb6eb9a060e54bf8d69288fbee4904\n"] {
            let loose = Loose::parse("HEAD", text.as_bytes()).unwrap();
            assert_eq!(loose.write(), text.as_bytes());
        }
    }
}
