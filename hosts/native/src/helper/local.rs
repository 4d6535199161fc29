//! The repository on the client's side of a push or fetch.

use std::{
    collections::HashMap,
    env, fs, io,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};
use trunks_core::refs::RefName;

/// Where git said its repository is.
#[derive(Clone, Debug)]
pub struct LocalRepository {
    git_dir: PathBuf,
    common_dir: PathBuf,
    objects: PathBuf,
}

impl LocalRepository {
    /// The repository that git runs the helper for; `None` when it runs outside of one.
    ///
    /// # Source
    /// git(1), "ENVIRONMENT VARIABLES"; gitrepository-layout(5)
    pub fn from_environment() -> Option<Self> {
        let git_dir = PathBuf::from(env::var_os("GIT_DIR")?);
        let common_dir = match env::var_os("GIT_COMMON_DIR") {
            Some(dir) => PathBuf::from(dir),
            None => match fs::read_to_string(git_dir.join("commondir")) {
                Ok(dir) => git_dir.join(dir.trim_end_matches('\n')),
                Err(_) => git_dir.clone(),
            },
        };
        let objects = match env::var_os("GIT_OBJECT_DIRECTORY") {
            Some(dir) => PathBuf::from(dir),
            None => common_dir.join("objects"),
        };
        Some(Self { git_dir, common_dir, objects })
    }

    /// The directory that its work trees share.
    pub fn common_dir(&self) -> &Path {
        &self.common_dir
    }

    /// The directory of its objects.
    pub fn objects(&self) -> &Path {
        &self.objects
    }

    /// Whether it holds no object at all, not even by way of another repository.
    pub fn is_empty(&self) -> io::Result<bool> {
        if env::var_os("GIT_ALTERNATE_OBJECT_DIRECTORIES").is_some()
            || self.objects.join("info/alternates").exists()
        {
            return Ok(false);
        }
        for entry in fs::read_dir(&self.objects)? {
            let name = entry?.file_name();
            if name == "pack" {
                if fs::read_dir(self.objects.join("pack"))?.next().is_some() {
                    return Ok(false);
                }
            } else if name != "info" {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The branch that is checked out, in full.
    pub fn head(&self) -> Option<RefName> {
        let head = fs::read_to_string(self.git_dir.join("HEAD")).ok()?;
        let branch = head.strip_prefix("ref: ")?.trim_end();
        RefName::new(branch).ok().filter(|_| branch.starts_with("refs/heads/"))
    }

    /// Whether its history is cut off somewhere.
    pub fn is_shallow(&self) -> bool {
        fs::metadata(self.common_dir.join("shallow")).is_ok_and(|file| file.len() > 0)
    }
}

/// Git's configuration, being read by git.
#[derive(Debug)]
pub struct PendingConfig(io::Result<Child>);

/// Git's configuration, by lower-case section and key.
#[derive(Clone, Debug, Default)]
pub struct Config(HashMap<String, String>);

impl PendingConfig {
    /// Has git read it while the helper does something else.
    pub fn start() -> Self {
        let child = Command::new("git")
            .args(["config", "--list", "-z"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        Self(child)
    }

    /// Waits for it.
    pub fn finish(self) -> io::Result<Config> {
        let output = self.0?.wait_with_output()?;
        Ok(Config::parse(&String::from_utf8_lossy(&output.stdout)))
    }
}

impl Config {
    fn parse(list: &str) -> Self {
        let entries = list.split_terminator('\0').map(|entry| {
            // A key without a value means true.
            let (key, value) = entry.split_once('\n').unwrap_or((entry, "true"));
            (key.to_owned(), value.to_owned())
        });
        Self(entries.collect())
    }

    /// The version of the protocol that the user wants, as git counts them.
    pub fn protocol_version(&self) -> u32 {
        self.0.get("protocol.version").and_then(|value| value.parse().ok()).unwrap_or(2)
    }

    /// Whether objects that are fetched are to be checked one by one.
    pub fn checks_fetched_objects(&self) -> bool {
        let key = ["fetch.fsckobjects", "transfer.fsckobjects"]
            .into_iter()
            .find_map(|key| self.0.get(key));
        key.is_some_and(|value| is_true(value))
    }

    /// Whether objects may be missing here because a remote has promised them.
    pub fn is_partial_clone(&self) -> bool {
        self.0.contains_key("extensions.partialclone")
            || self.0.iter().any(|(key, value)| {
                key.starts_with("remote.") && key.ends_with(".promisor") && is_true(value)
            })
    }

    /// The length of a file from which on git makes no deltas of it, in bytes.
    pub fn big_file_bytes(&self) -> u64 {
        const DEFAULT_BYTES: u64 = 512 << 20;
        self.0.get("core.bigfilethreshold").and_then(|value| size(value)).unwrap_or(DEFAULT_BYTES)
    }

    /// Whether objects are named by SHA-1 here.
    pub fn is_sha1(&self) -> bool {
        self.0.get("extensions.objectformat").is_none_or(|format| format == "sha1")
    }
}

/// # Source
/// git-config(1), "Values", boolean
fn is_true(value: &str) -> bool {
    matches!(value.to_ascii_lowercase().as_str(), "true" | "yes" | "on")
        || value.parse::<i64>().is_ok_and(|number| number != 0)
}

/// # Source
/// git-config(1), "Values", integer
fn size(value: &str) -> Option<u64> {
    let value = value.to_ascii_lowercase();
    let units = [("k", 10), ("m", 20), ("g", 30), ("", 0)];
    let (number, shift) =
        units.into_iter().find_map(|(unit, shift)| Some((value.strip_suffix(unit)?, shift)))?;
    number.parse::<u64>().ok()?.checked_mul(1 << shift)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn configuration_is_read_as_git_lists_it() {
        let config = Config::parse(
            "protocol.version\n1\0transfer.fsckobjects\nyes\0fetch.fsckobjects\nfalse\0core.bare\0",
        );
        assert_eq!(config.protocol_version(), 1);
        assert!(!config.checks_fetched_objects(), "the narrower key wins");
        assert!(!config.is_partial_clone());
        assert!(config.is_sha1());
    }

    #[test]
    fn without_configuration_git_speaks_version_2() {
        assert_eq!(Config::default().protocol_version(), 2);
        assert_eq!(Config::parse("protocol.version\nnew\0").protocol_version(), 2);
    }

    #[test]
    fn a_partial_clone_is_noticed_either_way() {
        assert!(Config::parse("remote.my.origin.promisor\ntrue\0").is_partial_clone());
        assert!(Config::parse("remote.origin.promisor\0").is_partial_clone());
        assert!(!Config::parse("remote.origin.promisor\nfalse\0").is_partial_clone());
        assert!(Config::parse("extensions.partialclone\norigin\0").is_partial_clone());
    }

    #[test]
    fn sizes_are_read_with_their_units() {
        let read = |value| Config::parse(&format!("core.bigfilethreshold\n{value}\0"));
        for (value, bytes) in [("7", 7), ("20m", 20 << 20), ("1K", 1024), ("many", 512 << 20)] {
            assert_eq!(read(value).big_file_bytes(), bytes, "{value}");
        }
        assert_eq!(Config::default().big_file_bytes(), 512 << 20);
    }

    #[test]
    fn an_object_anywhere_makes_it_not_empty() {
        let dir = tempfile::tempdir().expect("a directory");
        let objects = dir.path().join("objects");
        fs::create_dir_all(objects.join("pack")).expect("made");
        fs::create_dir_all(objects.join("info")).expect("made");
        let local = LocalRepository {
            git_dir: dir.path().into(),
            common_dir: dir.path().into(),
            objects: objects.clone(),
        };
        assert!(local.is_empty().expect("read"));
        assert!(!local.is_shallow());
        for path in ["pack/pack-1.idx", "info/alternates", "ab"] {
            fs::write(objects.join(path), "").expect("written");
            assert!(!local.is_empty().expect("read"), "{path}");
            fs::remove_file(objects.join(path)).expect("removed");
        }
        fs::write(dir.path().join("shallow"), "0123\n").expect("written");
        assert!(local.is_shallow());
    }
}
