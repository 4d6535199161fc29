//! What is given out of files that are not what they should be.

use super::*;

/// What was given out of the file `large` of the branch main, and how that ended.
fn given_out(
    store: &Memory,
    whole_file_bytes: u64,
    range: Option<Range<u64>>,
) -> (Vec<u8>, Result<(), FileError>) {
    let limits = Limits { whole_file_bytes, ..Limits::default() };
    let repository = Repository::open(store, &repo_name(), limits);
    let mut bytes = Vec::new();
    let outcome = block_on(async {
        let mut reader = open(&repository, "main", b"large", range).await?;
        while let Some(piece) = reader.next().await? {
            bytes.extend(piece);
        }
        Ok::<_, FileError>(())
    });
    (bytes, outcome)
}

/// Bytes of a forged file were given out before it was said that they are not the file's.
#[test]
fn nothing_is_given_out_of_a_forged_file() {
    let (dir, bare) = repository();
    let id = git_text(&bare, &["rev-parse", "main:large"]);
    let forged = dir.path().join("forged");
    fs::write(&forged, [&noise(2_000_000)[..], b"forged"].concat()).unwrap();
    let other = git_text(&bare, &["hash-object", "-w", forged.to_str().unwrap()]);
    let key = |id: &str| format!("trunks/x.trunk/objects/{}/{}", &id[..2], &id[2..]);
    let store = load(&bare);
    let bytes = block_on(store.get(&key(&other), None)).unwrap().unwrap().bytes;
    let is_named = |outcome: Result<(), FileError>| {
        let error = outcome.unwrap_err().to_string();
        assert!(error.contains(&format!("object {id} is corrupt")), "{error}");
    };
    block_on(store.put(&key(&id), bytes, crate::store::Expected::Any)).unwrap();
    for range in [None, Some(0..2_000_000), Some(1_500_000..1_500_001)] {
        let (bytes, outcome) = given_out(&store, Limits::default().whole_file_bytes, range);
        assert_eq!(bytes.len(), 0);
        is_named(outcome);
    }
    // A larger one is told of at its end.
    let (bytes, outcome) = given_out(&store, 1_000_000, None);
    assert_ne!(bytes.len(), 0);
    is_named(outcome);
    // A whole copy in a pack is taken instead.
    git(&bare, &["repack", "-adq"]);
    crate::testing::load_into(&store, &bare.join("objects/pack"), "trunks/x.trunk/objects/pack/");
    let (bytes, outcome) = given_out(&store, Limits::default().whole_file_bytes, None);
    assert_eq!((bytes == noise(3_000_000), outcome), (true, Ok(())));
}

#[test]
fn a_broken_file_is_never_given_out_as_whole() {
    let (_dir, bare) = repository();
    git(&bare, &["repack", "-adq"]);
    let store = load(&bare);
    let key = crate::testing::keys(&store, "trunks/x.trunk/objects/pack/")
        .into_iter()
        .find(|key| key.ends_with(".pack"))
        .unwrap();
    let mut pack = block_on(store.get(&key, None)).unwrap().unwrap().bytes;
    let middle = pack.len() / 2;
    pack[middle] ^= 1;
    block_on(store.put(&key, pack, crate::store::Expected::Any)).unwrap();
    for (whole_file_bytes, is_given) in [(0, true), (3_000_000, false)] {
        let (bytes, outcome) = given_out(&store, whole_file_bytes, None);
        assert_eq!(!bytes.is_empty(), is_given);
        let is_told =
            matches!(outcome, Err(FileError::Read(crate::odb::ReadError::Corrupt { .. })));
        assert!(is_told, "{outcome:?}");
    }
}

/// Data that lies stored, not deflated, is read whatever it is: only its hash tells that a bit flipped.
#[test]
fn a_flipped_bit_in_stored_data_is_found() {
    let (_dir, bare) = repository();
    git(&bare, &["-c", "core.compression=0", "repack", "-adFq"]);
    let whole = git(&bare, &["cat-file", "blob", "main:large"]);
    let store = load(&bare);
    let key = crate::testing::keys(&store, "trunks/x.trunk/objects/pack/")
        .into_iter()
        .find(|key| key.ends_with(".pack"))
        .unwrap();
    let pack = block_on(store.get(&key, None)).unwrap().unwrap().bytes;
    let start = pack.windows(32).position(|bytes| bytes == &whole[..32]).expect("it is stored");
    let size = whole.len() as u64;
    for at in [0, 1000, 1_500_000, 2_900_000] {
        let mut broken = pack.clone();
        broken[start + at] ^= 1;
        block_on(store.put(&key, broken, crate::store::Expected::Any)).unwrap();
        for range in [None, Some(size - 10..size), Some(1_900_000..2_000_000)] {
            for whole_file_bytes in [0, size] {
                let (_, outcome) = given_out(&store, whole_file_bytes, range.clone());
                let is_found =
                    matches!(outcome, Err(FileError::Read(crate::odb::ReadError::Corrupt { .. })));
                assert!(is_found, "{at} {range:?}");
            }
        }
    }
}
