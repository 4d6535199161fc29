//! Finding the deltas in a pack that are too long for the core.

use crate::helper::HelperError;
use std::{
    fs::{self, File},
    io::{self, BufReader, Read},
    path::Path,
};
use trunks_core::{
    pack::{EntryHeader, EntryKind, Index, delta::Sizes},
    zlib::Inflate,
};

/// An instruction of git's copies at most so much, in bytes, so that short deltas make short objects.
const COPIED_BYTES: u64 = 0x10000;
/// So much of an entry holds its header and the lengths that its delta begins with, in bytes: the
/// longest description of Huffman codes takes some 300.
const BEGINNING_BYTES: u64 = 1024;

/// Whether a pack that git has just made holds a delta whose result is longer than `limit_bytes`.
/// Also where that cannot be told.
///
/// Git makes none of files above `core.bigFileThreshold`, but copies those that were made when it was
/// higher, or by someone else.
pub fn has_long_delta(pack: &Path, idx: &Path, limit_bytes: u64) -> Result<bool, HelperError> {
    let index = fs::read(idx).map_err(HelperError::local(idx))?;
    let index = Index::new(index)
        .map_err(|error| HelperError::local(idx)(io::Error::other(error.to_string())))?;
    let mut offsets: Vec<u64> = index.iter().map(|entry| entry.offset).collect();
    drop(index);
    offsets.sort_unstable();
    find(pack, &offsets, limit_bytes).map_err(HelperError::local(pack))
}

fn find(pack: &Path, offsets: &[u64], limit_bytes: u64) -> io::Result<bool> {
    let mut file = BufReader::with_capacity(64 * 1024, File::open(pack)?);
    let mut at = 0;
    let mut inflate = Inflate::new();
    let mut beginning = Vec::new();
    for &offset in offsets {
        file.seek_relative(offset as i64 - at as i64)?;
        beginning.clear();
        (&mut file).take(BEGINNING_BYTES).read_to_end(&mut beginning)?;
        at = offset + beginning.len() as u64;
        let Ok((header, taken)) = EntryHeader::decode(&beginning) else { return Ok(true) };
        let is_short = header.size_bytes < limit_bytes / COPIED_BYTES;
        if matches!(header.kind, EntryKind::Whole(_)) || is_short {
            continue;
        }
        match result_bytes(&beginning[taken..], &mut inflate) {
            Some(size_bytes) if size_bytes <= limit_bytes => {}
            _ => return Ok(true),
        }
    }
    Ok(false)
}

/// The length of what a delta makes, from its deflated beginning.
fn result_bytes(deflated: &[u8], inflate: &mut Inflate) -> Option<u64> {
    inflate.reset();
    let mut delta = Vec::with_capacity(Sizes::MAX_BYTES);
    inflate.step(deflated, &mut delta, Sizes::MAX_BYTES).ok()?;
    Some(Sizes::decode(&delta).ok()?.0.result_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    fn git(dir: &Path, words: &[&str]) -> String {
        let output = Command::new("git")
            .args(["-c", "user.name=A", "-c", "user.email=a@b.c"])
            .args(words)
            .current_dir(dir)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .output()
            .expect("git runs");
        assert!(output.status.success(), "{words:?}");
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    #[test]
    fn the_longest_delta_is_found_among_others() {
        let dir = tempfile::tempdir().expect("a directory");
        let dir = dir.path();
        let long: String = (0..300_000).map(|line: u64| format!("{}\n", line * line)).collect();
        // Every fifth line is changed, which makes a delta that is long itself.
        let changed = long.lines().enumerate().map(|(number, line)| match number % 5 {
            0 => format!("{line}!\n"),
            _ => format!("{line}\n"),
        });
        git(dir, &["init", "--quiet"]);
        fs::write(dir.join("long-1"), &long).expect("written");
        fs::write(dir.join("long-2"), changed.collect::<String>()).expect("written");
        for start in (0..100).map(|number| number * 50) {
            fs::write(dir.join(format!("{start}")), &long[start..start + 5000]).expect("written");
        }
        git(dir, &["add", "."]);
        git(dir, &["commit", "--quiet", "--message", "all"]);
        git(dir, &["repack", "-adq"]);
        let format = "--batch-check=%(objectsize) %(deltabase)";
        let objects = git(dir, &["cat-file", "--batch-all-objects", format]);
        let deltas = objects.lines().filter(|line| !line.ends_with(&"0".repeat(40)));
        let sizes = deltas.filter_map(|line| line.split(' ').next()?.parse::<u64>().ok());
        let longest = sizes.max().expect("git makes deltas");
        assert!(longest > 3_000_000);
        let packs = fs::read_dir(dir.join(".git/objects/pack")).expect("a directory");
        let mut packs = packs.map(|entry| entry.expect("read").path());
        let idx = packs.find(|path| path.extension().is_some_and(|end| end == "idx"));
        let idx = idx.expect("a pack");
        let has = |limit_bytes| {
            has_long_delta(&idx.with_extension("pack"), &idx, limit_bytes).expect("read")
        };
        assert!(has(0) && has(longest - 1));
        assert!(!has(longest) && !has(u64::MAX));
    }
}
