//! Clones, whole, shallow and partial, and how they grow.

use super::*;

#[test]
fn clones_are_those_of_git() {
    let source = Source::new();
    same_in_all(&source, &[&["clone", "--mirror", "URL"]]);
    same_in_all(&source, &[&["clone", "--bare", "--no-tags", "URL"]]);
    same_in_all(&source, &[&["clone", "URL"]]);
    same_in_all(&source, &[&["clone", "--single-branch", "--branch", "topic/one", "URL"]]);
    same_in_all(&source, &[&["clone", "--bare", "--single-branch", "--branch", "nested", "URL"]]);
}

#[test]
fn shallow_clones_are_those_of_git() {
    let source = Source::new();
    for depth in ["1", "2", "7", "1000"] {
        same_in_all(&source, &[&["clone", "--bare", "--depth", depth, "URL"]]);
        same_in_all(
            &source,
            &[&["clone", "--bare", "--depth", depth, "--no-single-branch", "URL"]],
        );
    }
    same_in_all(&source, &[&["clone", "--bare", "--shallow-since=1600003000", "URL"]]);
    same_in_all(&source, &[&["clone", "--bare", "--shallow-exclude=annotated", "URL"]]);
    same_in_all(&source, &[&["clone", "--bare", "--shallow-exclude=topic/one", "URL"]]);
}

#[test]
fn shallow_clones_grow_as_from_git() {
    let source = Source::new();
    let first: &[&str] = &["clone", "--bare", "--depth", "3", "URL"];
    let fetch = ["fetch", "--quiet"];
    let deepen = |how: &'static str| [&fetch[..], &[how, "URL", "main:main"]].concat();
    same_in_all(&source, &[first, &deepen("--deepen=2"), &deepen("--deepen=1")]);
    same_in_all(&source, &[first, &deepen("--depth=20"), &deepen("--depth=1")]);
    same_in_all(&source, &[first, &deepen("--unshallow")]);
    same_in_all(&source, &[first, &deepen("--shallow-since=1600004000")]);
    same_in_all(&source, &[first, &deepen("--shallow-exclude=topic/one")]);
    same_in_all(&source, &[first, &deepen("--tags"), &deepen("--unshallow")]);
}

#[test]
fn partial_clones_are_those_of_git() {
    let source = Source::new();
    for filter in [
        "blob:none",
        "blob:limit=100",
        "blob:limit=1m",
        "tree:0",
        "tree:1",
        "tree:3",
        "object:type=commit",
        "object:type=tree",
        "object:type=blob",
        "object:type=tag",
        "combine:blob:none+object:type=tree",
        "combine:blob:limit=100+object:type=blob",
    ] {
        let filter = format!("--filter={filter}");
        for version in ["0", "2"] {
            same(&source, version, &[&["clone", "--bare", &filter, "URL"]]);
        }
    }
}

#[test]
fn what_a_partial_clone_lacks_is_fetched_when_it_is_asked_for() {
    let source = Source::new();
    for filter in ["--filter=blob:none", "--filter=tree:0", "--filter=blob:limit=100"] {
        for version in ["0", "2"] {
            same(
                &source,
                version,
                &[
                    // The checkout fetches what it needs.
                    &["clone", filter, "URL"],
                    &["log", "--stat", "-3"],
                    &["cat-file", "-p", "HEAD~30:file.txt"],
                    &["diff", "HEAD~20", "HEAD~10"],
                ],
            );
        }
    }
}

#[test]
fn empty_repositories_are_cloned() {
    let source = Source { dir: TempDir::new() };
    git(source.dir.path(), &["init", "--bare", "--quiet", "--initial-branch=trunk", "src.git"]);
    same_in_all(&source, &[&["clone", "URL"]]);
}

#[test]
fn heads_are_told_as_they_are() {
    let source = Source::with_history(5);
    let path = source.path();
    git(&path, &["symbolic-ref", "HEAD", "refs/heads/unborn"]);
    same_in_all(&source, &[&["clone", "--bare", "URL"]]);
    let commit = git_text(&path, &["rev-parse", "main~2"]);
    fs::write(path.join("HEAD"), format!("{commit}\n")).unwrap();
    same_in_all(&source, &[&["clone", "URL"]]);
    git(&path, &["symbolic-ref", "refs/heads/alias", "refs/heads/main"]);
    git(&path, &["symbolic-ref", "HEAD", "refs/heads/main"]);
    same_in_all(&source, &[&["clone", "--mirror", "URL"]]);
}
