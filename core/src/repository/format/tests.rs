use super::*;
use crate::{
    check::{self, CheckOptions},
    files::{
        self,
        commit::{self, CommitRequest, Person},
    },
    limits::Limits,
    object::ObjectId,
    refs::{Head, RefName},
    repository::{Peel, RepoName},
    store::Expected,
    testing::{TempDir, block_on, git, load, repo_name, try_git},
};
use alloc::string::ToString;
use std::fs;

/// What git and trunks make of a `config`.
fn verdicts(config: &str) -> (bool, Result<Format, RepositoryError>) {
    let dir = TempDir::new();
    git(dir.path(), &["init", "-q", "--bare", "."]);
    fs::write(dir.path().join("config"), config).unwrap();
    let (is_taken, ..) = try_git(dir.path(), &["--git-dir", ".", "for-each-ref"], b"");
    (is_taken, parse(&Layout::new(&RepoName::new("x").unwrap()), config.as_bytes()))
}

#[test]
fn what_git_opens_is_opened_and_what_it_refuses_is_refused() {
    let configs = [
        "",
        "[core]\n\trepositoryformatversion = 0\n\tbare = true\n",
        "\u{feff}; a comment\n[Core] RepositoryFormatVersion = 1 # another\n",
        "[core]\n\trepositoryformatversion = \"1\"\n[extensions]\n\tnoop\n",
        "[core]\r\n\tbare\r\n[a \"b]\\\"c\"]\r\n\td = \"x;y\" \\\r\n  z\r\n",
        "[core]\nrepositoryformatversion = 0\n[extensions]\nfoo = bar\n",
        "[core]\nrepositoryformatversion = 1\n[extensions]\nobjectFormat = sha1\n",
        "[core]\nrepositoryformatversion = 1\n[extensions]\nfoo = bar\n",
        "[core]\nrepositoryformatversion = 1\n[extensions \"a\"]\nfoo = bar\n",
        "[extensions]\nfoo = bar\n[core]\nrepositoryformatversion = 1\n",
        "[core]\nrepositoryformatversion = 2\n",
        "[core]\nrepositoryformatversion = 99\n",
        "[core]\nrepositoryformatversion = one\n",
        "[core\nbare = true\n",
        "[core]\nbare : true\n",
        "bare = true\n",
        "[core]\nbare = \"true\n",
        "[core]\nx = \\q\n",
        "[core]\n= 1\n",
    ];
    let mut taken = 0;
    for config in configs {
        let (is_taken, ours) = verdicts(config);
        assert_eq!(ours.is_ok(), is_taken, "{config:?}: {ours:?}");
        taken += usize::from(is_taken);
    }
    assert_eq!(taken, 8);
}

#[test]
fn what_git_knows_and_trunks_does_not_is_named() {
    for (extension, value) in [("objectformat", "sha256"), ("refstorage", "reftable")] {
        let config =
            format!("[core]\nrepositoryformatversion = 1\n[extensions]\n{extension} = {value}\n");
        let message = verdicts(&config).1.unwrap_err().to_string();
        for part in ["trunks/x.trunk/config", extension, value] {
            assert!(message.contains(part), "{message}");
        }
    }
}

#[test]
fn precious_objects_are_told() {
    let config = "[core]\nrepositoryformatversion = 1\n[extensions]\npreciousObjects = true\n";
    assert_eq!(verdicts(config), (true, Ok(Format { is_precious: true })));
}

/// A commit of nothing.
fn commit_of(branch: &RefName, parent: Option<ObjectId>) -> CommitRequest {
    let person = Person { name: "A".into(), email: "a@b.c".into(), time_s: 0, zone_minutes: 0 };
    CommitRequest {
        branch: branch.clone(),
        parent,
        changes: [].into(),
        author: person.clone(),
        committer: person,
        message: [].into(),
        nonce: [0; 20],
    }
}

#[test]
fn a_repository_in_another_format_is_neither_read_nor_written_nor_checked() {
    let dir = TempDir::new();
    git(dir.path(), &["init", "-q", "--bare", "--object-format=sha256", "."]);
    let store = load(dir.path());
    let open = || Repository::open(&store, &repo_name(), Limits::default());
    let says = |message: String| assert!(message.contains("objectformat = sha256"), "{message}");
    says(block_on(open().list_refs(&[], Peel::Known)).unwrap_err().to_string());
    says(block_on(open().update_refs(&[])).unwrap_err().to_string());
    says(block_on(check::run(&open(), &CheckOptions::default())).unwrap_err().to_string());
    says(block_on(open().pack_refs()).unwrap_err().to_string());
    let main = RefName::new("refs/heads/main").unwrap();
    says(block_on(open().set_head(&Head::Symbolic(main.clone()))).unwrap_err().to_string());
    for revision in ["main", "HEAD", &"1".repeat(40)] {
        says(block_on(files::open(&open(), revision, b"a", None)).unwrap_err().to_string());
        says(block_on(files::stat(&open(), revision, b"a")).unwrap_err().to_string());
        says(block_on(files::list(&open(), revision, b"")).unwrap_err().to_string());
    }
    for parent in [None, Some(ObjectId::EMPTY_TREE)] {
        says(block_on(commit::commit(&open(), &commit_of(&main, parent))).unwrap_err().to_string());
    }
    let config = "[core]\nrepositoryformatversion = 99\n".into();
    block_on(store.put("trunks/x.trunk/config", config, Expected::Any)).unwrap();
    let message = block_on(open().update_refs(&[])).unwrap_err().to_string();
    assert!(message.contains("repositoryformatversion 99"), "{message}");
}
