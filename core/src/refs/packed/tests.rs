use super::*;
use crate::testing::{TempDir, git, git_text, try_git};
use alloc::{string::ToString, vec};
use std::{fs, path::Path};

/// A bare repository with branches, a light tag, a tag and a tag of that tag, all packed by git.
fn packed_by_git() -> TempDir {
    let dir = TempDir::new();
    git(dir.path(), &["init", "--quiet", "--bare", "."]);
    let tree = git_text(dir.path(), &["write-tree"]);
    let commit = git_text(dir.path(), &["commit-tree", "-m", "a", &tree]);
    for branch in ["main", "a/b", "a-b", "zz"] {
        git(dir.path(), &["update-ref", &format!("refs/heads/{branch}"), &commit]);
    }
    git(dir.path(), &["tag", "light", &commit]);
    git(dir.path(), &["tag", "-m", "one", "one", &commit]);
    git(dir.path(), &["tag", "-m", "two", "two", "one"]);
    git(dir.path(), &["pack-refs", "--all"]);
    dir
}

fn read(dir: &Path) -> (Vec<u8>, PackedRefs) {
    let bytes = fs::read(dir.join("packed-refs")).unwrap();
    (bytes.clone(), PackedRefs::parse("packed-refs", bytes).unwrap())
}

fn id(n: u8) -> ObjectId {
    ObjectId::from([n; 20])
}

#[test]
fn writes_what_git_wrote_byte_for_byte() {
    let dir = packed_by_git();
    let (bytes, packed) = read(dir.path());
    assert_eq!(packed.rewrite(&Changes::new(), Packing::Idle), bytes);
}

#[test]
fn finds_what_git_wrote() {
    let dir = packed_by_git();
    let (_, packed) = read(dir.path());
    for name in ["refs/heads/main", "refs/heads/a/b", "refs/tags/light", "refs/tags/two"] {
        let id = git_text(dir.path(), &["rev-parse", name]);
        let peeled = git_text(dir.path(), &["rev-parse", &format!("{name}^{{}}")]);
        let entry = packed.find(name).unwrap();
        assert_eq!(entry.id.to_string(), id);
        match entry.peeled {
            Peeled::To(to) => assert_eq!((to.to_string(), id == peeled), (peeled, false)),
            Peeled::NoTag => assert_eq!(id, peeled),
            Peeled::Unknown => panic!("git knew it of {name}"),
        }
    }
    assert_eq!(packed.find("refs/heads/mai"), None);
    assert_eq!(packed.find("refs/heads/main2"), None);
    assert_eq!(packed.below(b"refs/heads/a").count(), 2);
    assert_eq!(packed.below(b"refs/tags/").count(), 3);
    assert_eq!(packed.iter().count(), 7);
}

#[test]
fn git_reads_what_is_rewritten() {
    let dir = packed_by_git();
    let (_, packed) = read(dir.path());
    let commit = packed.find("refs/heads/main").unwrap().id;
    let changes = Changes::from([
        ("refs/heads/a/b".to_string(), None),
        ("refs/heads/b".to_string(), Some((commit, Peeled::NoTag))),
        ("refs/tags/light".to_string(), Some((commit, Peeled::NoTag))),
        ("refs/tags/one".to_string(), None),
        ("refs/zzz".to_string(), Some((commit, Peeled::NoTag))),
        ("refs/none".to_string(), None),
    ]);
    fs::write(dir.path().join("packed-refs"), packed.rewrite(&changes, Packing::Idle)).unwrap();
    let names = git_text(dir.path(), &["for-each-ref", "--format=%(refname)"]);
    let expected = [
        "refs/heads/a-b",
        "refs/heads/b",
        "refs/heads/main",
        "refs/heads/zz",
        "refs/tags/light",
        "refs/tags/two",
        "refs/zzz",
    ];
    assert_eq!(names.lines().collect::<Vec<_>>(), expected);
    git(dir.path(), &["fsck", "--full", "--strict"]);
}

#[test]
fn git_passes_over_the_mark_of_who_is_packing() {
    let dir = packed_by_git();
    let (bytes, packed) = read(dir.path());
    let marked = packed.rewrite(&Changes::new(), Packing::UnderWay);
    assert_ne!(marked, bytes);
    assert_eq!(PackedRefs::parse("", marked.clone()).unwrap().packing(), Packing::UnderWay);
    let before = git_text(dir.path(), &["show-ref", "--dereference"]);
    fs::write(dir.path().join("packed-refs"), marked).unwrap();
    assert_eq!(git_text(dir.path(), &["show-ref", "--dereference"]), before);
    git(dir.path(), &["update-ref", "-d", "refs/heads/zz"]);
    let (_, packed) = read(dir.path());
    assert_eq!(packed.packing(), Packing::Idle);
    assert_eq!(packed.iter().count(), 6);
}

#[test]
fn an_empty_file_gets_a_header_that_git_reads() {
    let dir = packed_by_git();
    let bytes = PackedRefs::empty().rewrite(&Changes::new(), Packing::Idle);
    assert_eq!(bytes, b"# pack-refs with: peeled fully-peeled sorted \n");
    fs::write(dir.path().join("packed-refs"), bytes).unwrap();
    assert_eq!(git_text(dir.path(), &["for-each-ref"]), "");
}

#[test]
fn tells_what_an_older_git_did_not_know() {
    let lines = format!("{} refs/heads/b\n{} refs/heads/a\n{} refs/tags/t\n", id(2), id(1), id(3));
    let plain = PackedRefs::parse("", lines.clone().into_bytes()).unwrap();
    let names: Vec<&[u8]> = plain.iter().map(|entry| entry.name).collect();
    assert_eq!(names, [&b"refs/heads/a"[..], b"refs/heads/b", b"refs/tags/t"]);
    assert!(plain.iter().all(|entry| entry.peeled == Peeled::Unknown));
    assert!(
        plain.rewrite(&Changes::new(), Packing::Idle).starts_with(b"# pack-refs with: sorted \n")
    );

    let peeled = format!("# pack-refs with: peeled \n{lines}^{}\n", id(4)).into_bytes();
    let peeled = PackedRefs::parse("", peeled).unwrap();
    assert_eq!(peeled.find("refs/tags/t").unwrap().peeled, Peeled::To(id(4)));
    assert_eq!(peeled.find("refs/heads/a").unwrap().peeled, Peeled::Unknown);
    let rewritten = peeled.rewrite(&Changes::new(), Packing::Idle);
    assert!(rewritten.starts_with(b"# pack-refs with: peeled sorted \n"));
}

#[test]
fn refuses_what_git_refuses() {
    let dir = packed_by_git();
    let (good, _) = read(dir.path());
    let mut broken = vec![good[..good.len() - 1].to_vec()];
    for line in ["x\n", "^x\n", "\n", "0123 refs/heads/x\n", "# another comment\n"] {
        broken.push([&good[..], line.as_bytes()].concat());
    }
    broken.push(format!("^{}\n", id(1)).into_bytes());
    for bytes in broken {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        assert!(PackedRefs::parse("packed-refs", bytes.clone()).is_err(), "{text}");
        fs::write(dir.path().join("packed-refs"), bytes).unwrap();
        let (git_reads, _, _) = try_git(dir.path(), &["for-each-ref"], b"");
        assert!(!git_reads, "{text}");
    }
}

#[test]
fn keeps_lines_that_name_no_valid_ref() {
    let line = |name: &[u8]| [id(1).to_string().as_bytes(), b" ", name, b"\n"].concat();
    let odd = line(b"refs/heads/\xff\xfe");
    let bytes = [line(b"refs/heads/a.lock"), odd].concat();
    let packed = PackedRefs::parse("", bytes.clone()).unwrap();
    assert!(packed.rewrite(&Changes::new(), Packing::Idle).ends_with(&bytes));
}
