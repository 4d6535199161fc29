//! Reading and writing commits.

use super::{
    Kind, Malformed, ObjectId,
    headers::{self, Header, Headers},
};
use alloc::{format, vec::Vec};

/// A commit, as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit<'c> {
    /// Its tree.
    pub tree: ObjectId,
    /// Its parents.
    pub parents: Vec<ObjectId>,
    /// Who wrote it: name, email, time and zone, as written; empty when it does not say.
    pub author: &'c [u8],
    /// Who committed it: name, email, time and zone, as written; empty when it does not say.
    pub committer: &'c [u8],
    /// When it was committed, in seconds since 1970; 0 when it does not say.
    pub committer_time_s: u64,
    /// The message, as written.
    pub message: &'c [u8],
    raw: &'c [u8],
}

impl<'c> Commit<'c> {
    /// Reads a commit.
    ///
    /// As tolerant as git is: tree and parents must be right, the rest may be odd.
    pub fn parse(raw: &'c [u8]) -> Result<Self, Malformed> {
        let mut headers = Headers::new(raw);
        let tree = parse_id(headers.take_named(b"tree"), "it does not begin with a tree")?;
        let mut parents = Vec::new();
        while let Some(parent) = headers.take_named(b"parent") {
            parents.push(parse_id(Some(parent), "a parent is not an object id")?);
        }
        let mut author = None;
        let mut committer = None;
        for header in headers.by_ref() {
            match header.name {
                b"author" => author = author.or(Some(header.value)),
                b"committer" => committer = committer.or(Some(header.value)),
                _ => {}
            }
        }
        let committer = committer.unwrap_or_default();
        Ok(Self {
            tree,
            parents,
            author: author.unwrap_or_default(),
            committer,
            committer_time_s: time_s(committer),
            message: headers.rest(),
            raw,
        })
    }

    /// All headers, byte for byte: also `gpgsig`, `mergetag`, `encoding` and what is not known.
    pub fn headers(&self) -> Headers<'c> {
        Headers::new(self.raw)
    }

    /// The value of the first header with this name, as written.
    pub fn header(&self, name: &[u8]) -> Option<&'c [u8]> {
        self.headers().find(|header| header.name == name).map(|header| header.value)
    }
}

/// What a new commit is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewCommit<'c> {
    /// Its tree; `None` for the empty one.
    pub tree: Option<ObjectId>,
    /// Its parents.
    pub parents: &'c [ObjectId],
    /// Who wrote it: `name <email> seconds zone`.
    pub author: &'c [u8],
    /// Who committed it: `name <email> seconds zone`.
    pub committer: &'c [u8],
    /// Further headers, values unfolded, such as `encoding` or `gpgsig`.
    pub headers: &'c [(&'c [u8], &'c [u8])],
    /// The message.
    pub message: &'c [u8],
}

impl NewCommit<'_> {
    /// The commit's content.
    pub fn write(&self) -> Vec<u8> {
        let mut commit = Vec::with_capacity(300 + self.message.len());
        let tree = self.tree.unwrap_or(ObjectId::EMPTY_TREE);
        headers::write(&mut commit, b"tree", format!("{tree}").as_bytes());
        for parent in self.parents {
            headers::write(&mut commit, b"parent", format!("{parent}").as_bytes());
        }
        headers::write(&mut commit, b"author", self.author);
        headers::write(&mut commit, b"committer", self.committer);
        for (name, value) in self.headers {
            headers::write(&mut commit, name, value);
        }
        commit.push(b'\n');
        commit.extend_from_slice(self.message);
        commit
    }
}

/// Writes a commit with these headers, as they are written, and this message.
pub fn write<'h>(headers: impl IntoIterator<Item = Header<'h>>, message: &[u8]) -> Vec<u8> {
    let mut commit = Vec::new();
    for header in headers {
        commit.extend_from_slice(header.lines);
        commit.push(b'\n');
    }
    commit.push(b'\n');
    commit.extend_from_slice(message);
    commit
}

/// The seconds in `name <email> seconds zone`; 0 when there are none.
pub(super) fn time_s(person: &[u8]) -> u64 {
    let after_email = person.iter().rposition(|&byte| byte == b'>').map_or(0, |at| at + 1);
    person
        .get(after_email..)
        .unwrap_or_default()
        .trim_ascii_start()
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .fold(0u64, |time, digit| time.saturating_mul(10).saturating_add(u64::from(digit - b'0')))
}

fn parse_id(hex: Option<&[u8]>, reason: &str) -> Result<ObjectId, Malformed> {
    hex.and_then(|hex| ObjectId::from_hex(hex).ok())
        .ok_or_else(|| Malformed::new(Kind::Commit, reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RAW: &[u8] = b"tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n\
        parent ce013625030ba8dba906f756967f9e9ca394464a\n\
        parent 1111111111111111111111111111111111111111\n\
        author A <a@b> 1 +0000\n\
        committer C> <c@d> 1700000000 -0130\n\
        gpgsig -----BEGIN\n \n  two spaces\n -----END\n\
        odd\n\
        encoding latin-1\n\
        \nsubject\n\nbody\n";

    #[test]
    fn all_of_a_commit_is_read() {
        let commit = Commit::parse(RAW).unwrap();
        assert_eq!(commit.tree, ObjectId::EMPTY_TREE);
        assert_eq!(commit.parents.len(), 2);
        assert_eq!(commit.author, b"A <a@b> 1 +0000");
        assert_eq!(commit.committer_time_s, 1_700_000_000);
        assert_eq!(commit.message, b"subject\n\nbody\n");
        assert_eq!(commit.header(b"encoding"), Some(&b"latin-1"[..]));
        let signature = commit.headers().find(|header| header.name == b"gpgsig").unwrap();
        assert_eq!(signature.unfolded(), b"-----BEGIN\n\n two spaces\n-----END");
    }

    #[test]
    fn a_new_commit_reads_back() {
        let parents = [ObjectId::EMPTY_TREE];
        let new = NewCommit {
            tree: None,
            parents: &parents,
            author: b"A <a@b> 1 +0000",
            committer: b"C <c@d> 2 +0000",
            headers: &[(b"gpgsig", b"one\n\ntwo")],
            message: b"m\n",
        };
        let raw = new.write();
        let commit = Commit::parse(&raw).unwrap();
        assert_eq!(commit.parents, parents);
        assert_eq!(commit.header(b"gpgsig"), Some(&b"one\n \n two"[..]));
    }

    #[test]
    fn every_header_is_written_back_as_it_was() {
        let commit = Commit::parse(RAW).unwrap();
        assert_eq!(write(commit.headers(), commit.message), RAW);
    }

    #[test]
    fn what_git_tolerates_is_read() {
        let bare = b"tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n";
        let commit = Commit::parse(bare).unwrap();
        assert_eq!((commit.author, commit.committer_time_s), (&b""[..], 0));
        assert_eq!(commit.message, b"");
        for person in ["C <c@d>", "C <c@d> x", "C <c@d", "C <c@d> -5", ""] {
            assert_eq!(time_s(person.as_bytes()), 0, "{person}");
        }
        assert_eq!(time_s(b"C <c@d> 99999999999999999999 +0000"), u64::MAX);
    }

    #[test]
    fn no_bytes_make_it_panic() {
        for length in 0..RAW.len() {
            let _ = Commit::parse(&RAW[..length]);
            for byte in [0, b'\n', b' ', 0xff] {
                let mut broken = RAW.to_vec();
                broken[length] = byte;
                if let Ok(commit) = Commit::parse(&broken) {
                    commit.headers().for_each(|header| drop(header.unfolded()));
                }
            }
        }
    }
}
