//! The names that some filesystems take for `.git` or `.gitmodules`.
//!
//! A tree from outside must not hold them: a checkout would write into the repository itself. HFS+
//! ignores some code points; NTFS ignores case, trailing dots and spaces, what follows a colon, and
//! has short names such as `git~1`.

/// Whether any known filesystem takes this name for `.git`.
pub(super) fn is_dot_git(name: &[u8]) -> bool {
    is_hfs_name(name, b".git") || name.split(|&byte| byte == b'\\').any(is_ntfs_dot_git)
}

/// Whether any known filesystem takes this name for `.gitmodules`.
pub(super) fn is_dot_gitmodules(name: &[u8]) -> bool {
    is_hfs_name(name, b".gitmodules") || is_ntfs_dot_gitmodules(name)
}

fn is_ntfs_dot_git(name: &[u8]) -> bool {
    let stem = ntfs_stem(name);
    stem.eq_ignore_ascii_case(b".git") || stem.eq_ignore_ascii_case(b"git~1")
}

fn is_ntfs_dot_gitmodules(name: &[u8]) -> bool {
    let stem = ntfs_stem(name);
    stem.eq_ignore_ascii_case(b".gitmodules") || is_ntfs_short_name(stem)
}

/// Whether NTFS may have given this short name to `.gitmodules`: `gitmod~1` to `gitmod~4`, and
/// after those a hash and a number, such as `gi7eba~1`.
fn is_ntfs_short_name(stem: &[u8]) -> bool {
    const SHORT_BYTES: usize = 8;
    let Some(tilde) = stem.iter().position(|&byte| byte == b'~') else { return false };
    let Some((start, number)) = stem.split_at_checked(tilde) else { return false };
    let number = number.get(1..).unwrap_or_default();
    if stem.len() != SHORT_BYTES {
        return false;
    }
    match number {
        [b'1'..=b'4'] if start.eq_ignore_ascii_case(b"gitmod") => true,
        [b'1'..=b'9', more @ ..] => {
            more.iter().all(u8::is_ascii_digit)
                && b"gi7eba".get(..start.len()).is_some_and(|hash| start.eq_ignore_ascii_case(hash))
        }
        _ => false,
    }
}

/// The name as NTFS sees it: without a stream (`:…`) and trailing dots and spaces.
fn ntfs_stem(name: &[u8]) -> &[u8] {
    let name = name.split(|&byte| byte == b':').next().unwrap_or_default();
    let end = name.iter().rposition(|byte| !matches!(byte, b'.' | b' ')).map_or(0, |at| at + 1);
    name.get(..end).unwrap_or_default()
}

/// Whether HFS+ takes `name` for `expected`, which is lower-case ASCII.
///
/// What is not UTF-8 ends the name, as it does for git.
fn is_hfs_name(name: &[u8], expected: &[u8]) -> bool {
    let valid = name.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    let mut seen = valid.chars().filter(|&c| !is_ignored_by_hfs(c)).map(|c| c.to_ascii_lowercase());
    expected.iter().all(|&byte| seen.next() == Some(char::from(byte))) && seen.next().is_none()
}

fn is_ignored_by_hfs(c: char) -> bool {
    matches!(
        c,
        '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{206a}'..='\u{206f}' | '\u{feff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disguises_of_dot_git_are_seen_through() {
        for name in [
            ".git",
            ".GIT",
            ".Git",
            ".git ",
            ".git...",
            ".git . .",
            "git~1",
            "GIT~1",
            "git~1.",
            ".git::$INDEX_ALLOCATION",
            ".git:",
            ".g\u{200c}it",
            "\u{feff}.git",
            ".git\u{206f}",
            "a\\.git",
            ".git\\x",
            "a\\GIT~1 \\b",
        ] {
            assert!(is_dot_git(name.as_bytes()), "{name:?}");
        }
        assert!(is_dot_git(b".git\xff"), "not UTF-8 behind it");
        for name in [
            "git",
            ".gitx",
            ".gi",
            "git~2",
            ".git-",
            "..git",
            ".git.x",
            ".gitignore",
            " .git",
            "",
            ".g\u{131}t",
            "git~10",
            "\u{200b}.git",
        ] {
            assert!(!is_dot_git(name.as_bytes()), "{name:?}");
        }
    }

    #[test]
    fn disguises_of_dot_gitmodules_are_seen_through() {
        for name in [
            ".gitmodules",
            ".GITMODULES ",
            "gitmod~1",
            "GITMOD~4",
            "gi7eba~1",
            "gi7eb~12",
            "~1234567",
            ".gitmodules:x",
            ".git\u{200d}modules",
            "g~123456",
        ] {
            assert!(is_dot_gitmodules(name.as_bytes()), "{name:?}");
        }
        for name in ["gitmodules", "gitmod~5", "gi7eba~0", "gi7ebb~1", ".gitmodules2", "gitmo~1"] {
            assert!(!is_dot_gitmodules(name.as_bytes()), "{name:?}");
        }
    }
}
