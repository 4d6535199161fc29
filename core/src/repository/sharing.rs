//! Who else may use the files of a repository: `core.sharedRepository` of its `config`.
//!
//! # Source
//! git-config(1), "core.sharedRepository"; git's `path.c`, `adjust_shared_perm`, and `setup.c`,
//! `git_config_perm`

use super::config::{self, Entry};
use alloc::string::String;

/// What files may be used for group: `group`, `true`, `1`.
const GROUP: u32 = 0o660;
/// The same, and read by everybody: `all`, `world`, `everybody`, `2`.
const EVERYBODY: u32 = 0o664;

/// What the modes of a repository's files must be, whoever writes them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sharing {
    /// What the umask of the writer makes of them.
    #[default]
    Umask,
    /// Reading and writing is allowed to these, beside what the umask allows.
    AtLeast(u32),
    /// Reading and writing is allowed to these, whatever the umask says.
    Exactly(u32),
}

/// The value of `core.sharedRepository` means nothing, or takes the owner's right to read or write.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "core.sharedRepository is {value:?}: it must be group, all, umask or an octal mode of 06xx"
)]
pub struct InvalidSharing {
    value: String,
}

impl Sharing {
    /// What a repository's `config` says: what it says last. Files that are included are not looked at.
    ///
    /// A `config` that is not valid says nothing: who reads the repository refuses it.
    ///
    /// # Errors
    /// The value is one at which git gives up.
    pub fn of_config(config: &[u8]) -> Result<Self, InvalidSharing> {
        let mut said = config::parse(config).unwrap_or_default().into_iter().rev();
        match said.find(|entry| entry.name == "core.sharedrepository") {
            Some(Entry { value, .. }) => of_value(&value).ok_or(InvalidSharing { value }),
            None => Ok(Self::Umask),
        }
    }

    /// The mode of a file that was made with `mode`, of which it keeps whether its owner may write.
    pub fn file_mode(self, mode: u32) -> u32 {
        let (Self::AtLeast(mut wanted) | Self::Exactly(mut wanted)) = self else { return mode };
        if mode & 0o200 == 0 {
            wanted &= !0o222;
        }
        if mode & 0o100 != 0 {
            wanted |= readers_enter(wanted);
        }
        match self {
            Self::Exactly(_) => (mode & !0o777) | wanted,
            _ => mode | wanted,
        }
    }

    /// The mode of a directory that was made with `mode`: who may read it may also enter it.
    ///
    /// Without the bit that hands the directory's group down, which not every system needs.
    pub fn directory_mode(self, mode: u32) -> u32 {
        match self {
            Self::Umask => mode,
            _ => {
                let mode = self.file_mode(mode);
                mode | readers_enter(mode)
            }
        }
    }
}

fn of_value(value: &str) -> Option<Sharing> {
    match value {
        "umask" => return Some(Sharing::Umask),
        "group" => return Some(Sharing::AtLeast(GROUP)),
        "all" | "world" | "everybody" => return Some(Sharing::AtLeast(EVERYBODY)),
        "" => return Some(Sharing::Umask),
        _ => {}
    }
    if let Ok(mode) = u32::from_str_radix(value, 8) {
        return match mode {
            0 => Some(Sharing::Umask),
            1 => Some(Sharing::AtLeast(GROUP)),
            2 => Some(Sharing::AtLeast(EVERYBODY)),
            _ if mode & 0o600 == 0o600 => Some(Sharing::Exactly(mode & 0o666)),
            _ => None,
        };
    }
    let is_number = value.bytes().all(|byte| byte.is_ascii_digit()) && !value.starts_with('0');
    match value.to_lowercase().as_str() {
        "true" | "yes" | "on" => Some(Sharing::AtLeast(GROUP)),
        "false" | "no" | "off" => Some(Sharing::Umask),
        // No octal number: a number of git's that is not zero is true.
        _ if is_number => Some(Sharing::AtLeast(GROUP)),
        _ => None,
    }
}

/// Rights to read as rights to enter.
fn readers_enter(mode: u32) -> u32 {
    (mode & 0o444) >> 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn a_value_means_what_it_means_to_git() {
        let group = Ok(Sharing::AtLeast(0o660));
        let all = Ok(Sharing::AtLeast(0o664));
        let umask = Ok(Sharing::Umask);
        for (value, wanted) in [
            ("= group", group),
            ("= true", group),
            ("= YES", group),
            ("", group),
            ("= 1", group),
            ("= 9", group),
            ("= \\\n  group", group),
            ("= all ; of us", all),
            ("= \"world\"", all),
            ("= everybody", all),
            ("= 2", all),
            ("= umask", umask),
            ("= off", umask),
            ("= 0", umask),
            ("=", umask),
            ("= 0640", Ok(Sharing::Exactly(0o640))),
            ("= 660", Ok(Sharing::Exactly(0o660))),
            ("= 0777", Ok(Sharing::Exactly(0o666))),
            ("= 0440", Err("0440")),
            ("= 3", Err("3")),
            ("= Group", Err("Group")),
            ("= grp", Err("grp")),
            ("= 08", Err("08")),
        ] {
            let config = format!("[core]\n\tbare = true\n\tsharedRepository {value}\n[user]\n");
            let wanted = wanted.map_err(|value: &str| InvalidSharing { value: value.into() });
            assert_eq!(Sharing::of_config(config.as_bytes()), wanted, "{value}");
        }
    }

    #[test]
    fn what_is_said_last_of_the_right_section_holds() {
        let config = "[Core]\nSharedRepository = all\n[core \"x\"]\nsharedrepository = 0\n\
                      [core]\nsharedrepository = grp\nsharedrepository = 0600\n[other]\nsharedrepository = grp\n";
        assert_eq!(Sharing::of_config(config.as_bytes()), Ok(Sharing::Exactly(0o600)));
        assert_eq!(Sharing::of_config(b""), Ok(Sharing::Umask));
        assert_eq!(Sharing::of_config(b"[core"), Ok(Sharing::Umask));
    }

    #[test]
    fn modes_are_widened_or_set() {
        for (sharing, file, pack, directory) in [
            (Sharing::Umask, 0o600, 0o400, 0o700),
            (Sharing::AtLeast(0o660), 0o660, 0o440, 0o770),
            (Sharing::AtLeast(0o664), 0o664, 0o444, 0o775),
            (Sharing::Exactly(0o640), 0o640, 0o440, 0o750),
        ] {
            assert_eq!(sharing.file_mode(0o600), file);
            assert_eq!(sharing.file_mode(0o400), pack);
            assert_eq!(sharing.directory_mode(0o700), directory);
        }
        assert_eq!(Sharing::Exactly(0o600).file_mode(0o644), 0o600);
        assert_eq!(Sharing::Exactly(0o600).directory_mode(0o42755), 0o42700);
        assert_eq!(Sharing::AtLeast(0o660).file_mode(0o644), 0o664);
    }
}
