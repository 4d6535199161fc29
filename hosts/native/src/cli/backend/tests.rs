use super::*;
use crate::cli::arguments::Arguments;
use clap::Parser;

/// What `trunks repo list` would look into, given `words`.
fn spec(words: &[&str]) -> Result<StoreSpec, CliError> {
    use crate::cli::arguments::{Command, Repo};
    let words = ["trunks", "repo", "list"].iter().chain(words);
    let arguments = Arguments::try_parse_from(words).expect("well-formed");
    let Some(Command::Repo { command }) = arguments.command else { panic!("another command") };
    let Repo::List { backend, .. } = *command else { panic!("another command") };
    named(&backend).map(|named| match named {
        Some(Named::Store(spec)) => spec,
        other => panic!("{other:?} is no store"),
    })
}

#[test]
fn a_path_is_made_plain_whether_it_exists_or_not() {
    let dir = tempfile::tempdir().expect("a directory");
    let root = dir.path().canonicalize().expect("there");
    assert_eq!(plain(&root.join("no/../such/./dir")).expect("plain"), root.join("such/dir"));
    #[cfg(unix)]
    {
        std::fs::create_dir(root.join("real")).expect("made");
        std::os::unix::fs::symlink("real", root.join("link")).expect("made");
        assert_eq!(plain(&root.join("link/../new")).expect("plain"), root.join("new"));
        assert_eq!(plain(&root.join("link/new")).expect("plain"), root.join("real/new"));
    }
}

#[test]
fn options_come_to_a_url() {
    for (words, url) in [
        (&["--backend", "local", "--path", "/no-such-dir"][..], "local:///no-such-dir"),
        (&["--backend", "file", "--path", "/no-such-dir"], "file:///no-such-dir"),
        (&["--backend", "local:///no-such-dir"], "local:///no-such-dir"),
        (&["--url", "s3://bucket/p"], "s3://bucket/p"),
        (&["--backend", "s3", "--url", "s3://bucket/p"], "s3://bucket/p"),
        (&["--backend", "s3", "--bucket", "b"], "s3://b"),
        (&["--backend", "r2", "--bucket", "b", "--prefix", "/p/q/"], "r2://b/p/q"),
        (&["--backend", "gs", "--bucket", "b"], "gcs://b"),
        (&["--backend", "azure", "--account", "a", "--container", "c"], "azure://a/c"),
        (
            &["--backend", "sftp", "--host", "h", "--user", "a@b", "--path", "dir"],
            "sftp://a%40b@h/~/dir",
        ),
        (
            &["--backend", "sftp", "--host", "h", "--port", "22", "--path", "/dir"],
            "sftp://h:22/dir",
        ),
        (
            &["--backend", "postgres", "--host", "h", "--user", "u", "--database", "d"],
            "postgres://u@h/d",
        ),
        (&["--backend", "postgres", "--database", "d"], "postgres:///d"),
    ] {
        assert_eq!(spec(words).expect("a store").url.to_string(), url, "{words:?}");
    }
}

#[test]
fn what_does_not_go_together_is_refused() {
    for (words, said) in [
        (&["--backend", "local"][..], "needs a directory"),
        (&["--backend", "s3"], "needs --bucket"),
        (&["--backend", "azure", "--account", "a"], "needs --container"),
        (&["--backend", "sftp", "--host", "h"], "needs --path"),
        (&["--backend", "postgres", "--host", "h"], "needs --database"),
        (&["--backend", "floppy"], "not known"),
        (&["--backend", "floppy:///dir"], "not known"),
        (&["--path", "/dir"], "needs --backend"),
        (&["--region", "eu-1"], "needs --backend"),
        (&["--backend", "local:///dir", "--path", "/dir"], "not with a URL"),
        (&["--backend", "local", "--bucket", "b", "--path", "/d"], "means nothing"),
        (&["--backend", "r2", "--url", "s3://b"], "not of the backend r2"),
        (&["--backend", "r2://b", "--url", "s3://b"], "two URLs"),
        (&["--backend", "s3", "--bucket", "a:b@c"], "no bucket"),
        (&["--backend", "s3", "--bucket", "b", "--region", ""], "--region is empty"),
    ] {
        let error = spec(words).expect_err("refused");
        assert!(error.message.contains(said), "{words:?}: {error}");
        assert_eq!(error.exit, Exit::Usage);
    }
}

#[test]
fn what_is_said_besides_is_kept_and_files_are_absolute() {
    let words = ["--backend", "sftp://me:geheim@h/dir", "--identity-file", "key"];
    let spec = spec(&words).expect("a store");
    assert_eq!(spec.options.text(Key::Password), Some("geheim"));
    assert!(spec.options.path(Key::IdentityFile).expect("said").is_absolute());
    assert!(!format!("{spec:?}").contains("geheim"));
}
