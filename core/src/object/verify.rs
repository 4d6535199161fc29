//! Whether an object from outside is well-formed and safe.

use super::{
    Commit, Kind, Malformed, ObjectId, Tag,
    disguise::{is_dot_git, is_dot_gitmodules},
    headers::Headers,
    tree::{self, Mode, TreeEntry},
};
use crate::limits::TREE_NAME_BYTES;
use alloc::{format, string::String, vec::Vec};
use core::cmp::Ordering;

/// Checks the content of an object from outside.
///
/// Refuses what cannot be understood, and trees that would write outside their directory or into a
/// repository when they are checked out. What is merely odd and stands in old repositories (padded
/// or group-writable modes, people without an email, strange time zones) passes.
///
/// # Source
/// git-fsck(1), "FSCK MESSAGES"
pub fn verify(kind: Kind, data: &[u8]) -> Result<(), Malformed> {
    match kind {
        Kind::Blob => Ok(()),
        Kind::Tree => verify_tree(data),
        Kind::Commit => verify_commit(data),
        Kind::Tag => verify_tag(data),
    }
}

fn verify_tree(data: &[u8]) -> Result<(), Malformed> {
    let mut previous: Option<TreeEntry<'_>> = None;
    let mut files: Vec<&[u8]> = Vec::new();
    for entry in tree::entries(data) {
        let entry = entry?;
        verify_entry(&entry).map_err(|reason| refused(&entry, reason))?;
        let order = previous.map_or(Ordering::Less, |previous| tree::compare(&previous, &entry));
        match order {
            Ordering::Less => {}
            Ordering::Equal => return Err(refused(&entry, "there are two of that name")),
            Ordering::Greater => return Err(refused(&entry, "it is not in order")),
        }
        // A file and a directory of one name need not be neighbours: `a`, `a.b`, `a/`. Between
        // them stand only names that begin with theirs, so those are all that must be remembered.
        while files.pop_if(|file| !entry.name.starts_with(file)).is_some() {}
        if !entry.mode.is_tree() {
            files.push(entry.name);
        } else if files.last() == Some(&entry.name) {
            return Err(refused(&entry, "there are two of that name"));
        }
        previous = Some(entry);
    }
    Ok(())
}

fn verify_entry(entry: &TreeEntry<'_>) -> Result<(), &'static str> {
    match entry.name {
        b"" => Err("it has no name"),
        b"." | b".." => Err("it names a directory that it is not"),
        name if name.contains(&b'/') => Err("its name holds a slash"),
        name if name.len() > TREE_NAME_BYTES => Err("its name is too long"),
        name if is_dot_git(name) => Err("its name stands for .git"),
        name if entry.mode.is_symlink() && is_dot_gitmodules(name) => {
            Err(".gitmodules must not be a symbolic link")
        }
        _ if entry.id == ObjectId::ZERO => Err("it names no object"),
        _ if !has_known_type(entry.mode) => Err("its mode is of no known type"),
        _ => Ok(()),
    }
}

fn has_known_type(mode: Mode) -> bool {
    const FILE_TYPE: u32 = 0o100000;
    mode.is_tree() || mode.is_symlink() || mode.is_gitlink() || mode.0 & 0o170000 == FILE_TYPE
}

fn refused(entry: &TreeEntry<'_>, reason: &str) -> Malformed {
    let name = String::from_utf8_lossy(entry.name);
    Malformed::new(Kind::Tree, format!("entry {name:?}: {reason}"))
}

fn verify_commit(data: &[u8]) -> Result<(), Malformed> {
    verify_headers(Kind::Commit, data)?;
    let commit = Commit::parse(data)?;
    for name in ["author", "committer"] {
        if commit.header(name.as_bytes()).is_none() {
            return Err(Malformed::new(Kind::Commit, format!("it has no {name}")));
        }
    }
    Ok(())
}

fn verify_tag(data: &[u8]) -> Result<(), Malformed> {
    verify_headers(Kind::Tag, data)?;
    Tag::parse(data).map(drop)
}

/// The headers must end, in an empty line or with the object, and hold no zero byte.
fn verify_headers(kind: Kind, data: &[u8]) -> Result<(), Malformed> {
    let mut headers = Headers::new(data);
    headers.by_ref().for_each(drop);
    let message = headers.rest();
    let length = data.len().saturating_sub(message.len());
    let headers = data.get(..length).unwrap_or_default();
    if headers.contains(&0) {
        return Err(Malformed::new(kind, "a header holds a zero byte"));
    }
    if !headers.ends_with(b"\n") {
        return Err(Malformed::new(kind, "its headers are cut off"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        hash::object_id,
        testing::{TempDir, git, try_git},
    };
    use alloc::string::ToString;

    const ID: ObjectId = ObjectId::EMPTY_TREE;

    fn tree(entries: &[(&str, &str)]) -> Vec<u8> {
        let mut tree = Vec::new();
        for (mode, name) in entries {
            tree.extend_from_slice(format!("{mode} {name}\0").as_bytes());
            tree.extend_from_slice(ID.as_bytes());
        }
        tree
    }

    /// Whether `git fsck` finds an error, as it is or with its warnings counted.
    fn git_refuses(kind: Kind, data: &[u8]) -> bool {
        let dir = TempDir::new();
        git(dir.path(), &["init", "-q", "--bare", "."]);
        let write = ["hash-object", "-t", kind.as_str(), "--literally", "-w", "--stdin"];
        try_git(dir.path(), &write, data);
        let (_, output, messages) = try_git(dir.path(), &["fsck", "--strict"], b"");
        let all = String::from_utf8_lossy(&output).to_string() + &messages;
        all.lines().any(|line| line.starts_with("error"))
    }

    #[test]
    fn trees_that_git_refuses_are_refused() {
        for entries in [
            &[("100644", "b"), ("100644", "a")][..],
            &[("100644", "a"), ("100644", "a")],
            &[("100644", "a"), ("100644", "a.b"), ("100644", "a.c"), ("40000", "a")],
            &[("40000", "a"), ("100644", "a.b")],
            &[("100644", "")],
            &[("100644", "a/b")],
            &[("40000", ".")],
            &[("40000", "..")],
            &[("40000", ".git")],
            &[("40000", ".GIT ")],
            &[("100644", "git~1")],
            &[("40000", ".git::$INDEX_ALLOCATION")],
            &[("40000", ".g\u{200c}it")],
            &[("120000", ".gitmodules")],
            &[("120000", "gitmod~1")],
        ] {
            let tree = tree(entries);
            assert!(verify(Kind::Tree, &tree).is_err(), "{entries:?}");
            assert!(git_refuses(Kind::Tree, &tree), "{entries:?}");
        }
        let null = [b"100644 a\0", &ObjectId::ZERO.as_bytes()[..]].concat();
        assert!(verify(Kind::Tree, &null).is_err());
        assert!(git_refuses(Kind::Tree, &null));
    }

    /// Every name with every mode, alone in a tree: what git refuses is refused, and nothing else but
    /// modes that mean nothing, of which git only warns.
    #[test]
    fn entries_are_judged_as_git_judges_them() {
        let long = "n".repeat(5000);
        let names = [
            "",
            ".",
            "..",
            "...",
            ".. ",
            "../x",
            "/",
            "/etc",
            "x/",
            "x/y",
            "x",
            " ",
            "-x",
            "x\ny",
            ".git",
            ".GiT",
            ".git ",
            ".git.",
            ".git. .",
            ".git:x",
            ".git::$DATA",
            ".gitx",
            ".git~1",
            "git~1",
            "GIT~1",
            "git~1 ",
            "git~1:x",
            "git~2",
            "git~11",
            ".g\u{200c}it",
            ".gi\u{feff}t",
            "\u{200d}.GIT\u{206a}",
            "\u{200b}.git",
            ".g\u{131}t",
            "a\\.git",
            ".git\\a",
            "a\\..\\b",
            "a\\git~1\\b",
            "\\",
            ".gitmodules",
            ".GITMODULES.",
            ".gitmodules:x",
            "gitmod~1",
            "GITMOD~4",
            "gitmod~5",
            "gi7eba~1",
            "gi7eba~10",
            "gi7eb~10",
            ".git\u{200e}modules",
            ".gitattributes",
            ".gitignore",
            "CON",
            "NUL",
            "aux.c",
            "x.",
            "x ",
            "x:y",
            &long,
        ];
        let known =
            ["100644", "100755", "120000", "40000", "160000", "100664", "0100644", "040000"];
        let unknown = ["0", "1", "644", "10644", "60000", "020000", "140000", "170000", "777777"];
        let dir = TempDir::new();
        git(dir.path(), &["init", "-q", "--bare", "."]);
        let mut trees = Vec::new();
        let mut paths = String::new();
        for (name, mode) in
            names.iter().flat_map(|name| known.iter().chain(&unknown).map(move |mode| (name, mode)))
        {
            let data = tree(&[(mode, name)]);
            let id = object_id(Kind::Tree, &data).to_string();
            std::fs::write(dir.path().join(&id), &data).unwrap();
            paths += &format!("{id}\n");
            trees.push((id, mode, name, data));
        }
        let write =
            ["hash-object", "-t", "tree", "--literally", "--no-filters", "-w", "--stdin-paths"];
        try_git(dir.path(), &write, paths.as_bytes());
        let (_, output, messages) = try_git(dir.path(), &["fsck", "--strict"], b"");
        let said = String::from_utf8_lossy(&output).to_string() + &messages;
        for (id, mode, name, data) in trees {
            let is_refused = said.lines().any(|line| {
                line.starts_with("error in tree")
                    && line.contains(&id)
                    && !line.contains("broken links")
                    && !line.contains("zeroPaddedFilemode")
            });
            let is_expected = is_refused || unknown.contains(mode);
            assert_eq!(verify(Kind::Tree, &data).is_err(), is_expected, "{mode} {name:?}");
        }
        assert!(said.matches("error in tree").count() > 300, "{said}");
    }

    #[test]
    fn odd_trees_of_old_repositories_pass() {
        for entries in [
            &[("0100644", "a")][..],
            &[("100664", "a"), ("040000", "b"), ("160000", "c"), ("120000", "d")],
            &[("100644", "a"), ("100644", "a.b"), ("100644", "a0"), ("40000", "b")],
            &[
                ("100644", "..."),
                ("100644", ".gitmodules"),
                ("100644", "git~2"),
                ("100644", "x\\y"),
            ],
            &[("100644", "\u{e9}"), ("100644", "\u{65e5}")],
            &[],
        ] {
            let tree = tree(entries);
            assert_eq!(verify(Kind::Tree, &tree), Ok(()), "{entries:?}");
        }
    }

    #[test]
    fn commits_and_tags_need_their_headers() {
        let good = "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor A <a> 1 +0\n\
            committer C <c> 1 +0\n\nmessage\0";
        assert_eq!(verify(Kind::Commit, good.as_bytes()), Ok(()));
        let no_blank = "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor \ncommitter C\n";
        assert_eq!(verify(Kind::Commit, no_blank.as_bytes()), Ok(()));
        for (from, to) in [
            ("tree ", "Tree "),
            ("4b8", "4bx"),
            ("author A", "author\0A"),
            ("author", "autor"),
            ("\ncommitter C <c> 1 +0", ""),
            ("\n\nmessage\0", ""),
        ] {
            let bad = good.replace(from, to);
            assert!(verify(Kind::Commit, bad.as_bytes()).is_err(), "{bad}");
            assert!(git_refuses(Kind::Commit, bad.as_bytes()), "{bad}");
        }
        let tag = "object 4b825dc642cb6eb9a060e54bf8d69288fbee4904\ntype tree\ntag v 1\n\nm";
        assert_eq!(verify(Kind::Tag, tag.as_bytes()), Ok(()));
        for (from, to) in
            [("object ", "objet "), ("type tree\n", ""), ("tree", "twig"), ("tag v 1\n", "")]
        {
            let bad = tag.replace(from, to);
            assert!(verify(Kind::Tag, bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
