//! `trunks cat` reads files of a stored repository without a clone.

use std::{
    ffi::OsStr,
    fs,
    io::Read,
    os::unix::ffi::OsStrExt,
    process::{Output, Stdio},
};
use trunks_tests::{sandbox::Sandbox, workshop::is_long};

/// A repository with two versions of a file, an empty one, a binary one, a link and a submodule, which
/// was pushed with a light and an annotated tag.
fn pushed() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.repository("one", 0);
    let dir = sandbox.path("one");
    fs::create_dir_all(dir.join("dir")).expect("made");
    fs::write(dir.join("empty"), "").expect("written");
    fs::write(dir.join("binary"), [0, 255, 13, 10]).expect("written");
    std::os::unix::fs::symlink("dir/file", dir.join("link")).expect("made");
    fs::write(dir.join("dir/file"), "one\n").expect("written");
    sandbox.git("one", &["add", "."]);
    let module = format!("160000,{:040},module", 1);
    sandbox.git("one", &["update-index", "--add", "--cacheinfo", &module]);
    sandbox.git("one", &["commit", "--quiet", "--message", "one"]);
    sandbox.git("one", &["tag", "light"]);
    sandbox.git("one", &["tag", "--annotate", "--message", "one", "v1"]);
    sandbox.commit("one", "dir/file", "two\n");
    sandbox.git("one", &["push", "--quiet", &sandbox.url("app"), "main", "light", "v1"]);
    sandbox
}

/// What `trunks cat` came to, of the pushed repository by its URL.
fn cat(sandbox: &Sandbox, target: &str) -> Output {
    let url = sandbox.url("app").replacen("trunks::", "", 1);
    sandbox.command("", "trunks", &["cat", &url, target]).output().expect("trunks runs")
}

#[test]
fn a_file_is_printed_as_git_would() {
    let sandbox = pushed();
    let commit = sandbox.git("one", &["rev-parse", "HEAD~1"]);
    let targets = [
        "main:dir/file",
        "refs/heads/main:dir/file",
        "main~1:dir/file",
        "HEAD:empty",
        "light:dir/file",
        "v1:dir/file",
        "v1^{tree}:binary",
        "main:link",
    ];
    for target in targets.into_iter().map(str::to_owned).chain([format!("{commit}:dir/file")]) {
        let theirs = sandbox.command("one", "git", &["cat-file", "blob", &target]).output();
        let ours = cat(&sandbox, &target);
        assert!(ours.status.success() && ours.stderr.is_empty(), "{target}: {ours:?}");
        assert_eq!(ours.stdout, theirs.expect("git runs").stdout, "{target}");
    }
    // Of HEAD, where nothing is named.
    assert_eq!(cat(&sandbox, ":dir/file").stdout, b"two\n");
}

#[test]
fn in_a_repository_its_storage_need_not_be_named() {
    let sandbox = pushed();
    sandbox.trunks("one", &["init", "--name", "app"]);
    let add = ["storage", "add", "--name", "primary", "--backend", "local", "--path", "../store"];
    sandbox.trunks("one", &add);
    assert_eq!(sandbox.trunks("one", &["cat", "v1:dir/file"]), "one");
    assert_eq!(sandbox.trunks("one/dir", &["cat", ":dir/file"]), "two");
}

#[test]
fn what_is_not_there_is_named() {
    let sandbox = pushed();
    for (target, exit, said) in [
        ("main:none", 3, "there is no none in main"),
        ("main:dir/none", 3, "there is no dir/none in main"),
        ("none:dir/file", 3, "there is no revision \"none\""),
        ("main~9:dir/file", 3, "there is no revision \"main~9\""),
        ("main:dir", 2, "dir is a directory"),
        ("main:", 2, "the root is a directory"),
        ("main:empty/x", 2, "is not a directory"),
        ("main:module", 2, "module is a submodule"),
        ("main@{1}:dir/file", 3, "there is no revision \"main@{1}\""),
        ("dir/file", 2, "names no file"),
    ] {
        let output = cat(&sandbox, target);
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(exit), "{target}: {told}");
        assert!(told.contains(said), "{target}: {told}");
        assert!(output.stdout.is_empty(), "{target}");
    }
    let none = sandbox.url("none").replacen("trunks::", "", 1);
    let (exit, told) = sandbox.trunks_ends("", &["cat", &none, "main:x"]);
    assert_eq!(exit, Some(3), "{told}");
    assert!(told.contains("repository none does not exist"), "{told}");
}

#[test]
fn the_help_says_how_it_is_used() {
    let sandbox = Sandbox::new();
    let help = sandbox.trunks("", &["cat", "--help"]);
    assert!(help.contains("Usage: trunks cat [OPTIONS] [URL] <REF:PATH>"), "{help}");
    let (exit, told) = sandbox.trunks_ends("", &["cat"]);
    assert_eq!(exit, Some(2), "{told}");
    assert!(told.contains("trunks cat [OPTIONS] [URL] <REF:PATH>"), "{told}");
}

/// Names of files may be of any bytes, but not those on the command line.
#[test]
fn a_path_may_be_of_any_bytes() {
    let sandbox = Sandbox::new();
    sandbox.repository("one", 0);
    let name = OsStr::from_bytes(b"caf\xe9");
    fs::create_dir(sandbox.path("one").join(name)).expect("made");
    fs::write(sandbox.path("one").join(name).join(name), "found\n").expect("written");
    sandbox.git("one", &["add", "."]);
    sandbox.git("one", &["commit", "--quiet", "--message", "one"]);
    sandbox.git("one", &["push", "--quiet", &sandbox.url("app"), "main"]);
    let url = sandbox.url("app").replacen("trunks::", "", 1);
    let read = |target: &[u8]| {
        let mut command = sandbox.command("", "trunks", &["cat", &url]);
        command.arg(OsStr::from_bytes(target)).output().expect("trunks runs")
    };
    let found = read(b"main:caf\xe9/caf\xe9");
    assert_eq!(String::from_utf8_lossy(&found.stdout), "found\n", "{found:?}");
    assert_eq!(read(b"main:caf\xe9/caf\xe8").status.code(), Some(3));
    let refused = read(b"ma\xe9n:file");
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
}

/// Memory is looked at while the program waits to be rid of the last of the file.
#[test]
fn a_large_file_takes_little_memory() {
    const MIB: usize = 1 << 20;
    let size = if is_long() { 300 * MIB } else { 136 * MIB };
    let sandbox = Sandbox::new();
    sandbox.repository("one", 1);
    // What does not compress need not be tried.
    sandbox.git("one", &["config", "core.compression", "0"]);
    let mut random = fs::File::open("/dev/urandom").expect("there");
    let mut file = fs::File::create(sandbox.path("one/large")).expect("made");
    std::io::copy(&mut (&mut random).take(size as u64), &mut file).expect("written");
    sandbox.git("one", &["add", "large"]);
    sandbox.git("one", &["commit", "--quiet", "--message", "large"]);
    sandbox.git("one", &["push", "--quiet", &sandbox.url("app"), "main"]);
    let url = sandbox.url("app").replacen("trunks::", "", 1);
    let mut command = sandbox.command("", "trunks", &["cat", &url, "main:large"]);
    let mut child = command.stdout(Stdio::piped()).spawn().expect("trunks runs");
    let mut output = child.stdout.take().expect("piped");
    let mut original = fs::File::open(sandbox.path("one/large")).expect("there");
    let (mut ours, mut theirs) = (vec![0; MIB], vec![0; MIB]);
    for at in 0..size / MIB - 1 {
        output.read_exact(&mut ours).expect("it goes on");
        original.read_exact(&mut theirs).expect("it goes on");
        assert!(ours == theirs, "MiB {at}");
    }
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).expect("it runs");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("on Linux");
    let peak_kib: usize = peak.trim().trim_end_matches(" kB").parse().expect("a number");
    assert_eq!(output.read_to_end(&mut Vec::new()).expect("it ends"), MIB);
    assert!(child.wait().expect("it ends").success());
    assert!(peak_kib < 128 * 1024, "{peak_kib} KiB");
}
