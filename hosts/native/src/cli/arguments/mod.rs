//! Every command and option of `trunks`.
// The words below are shown as help, where brackets are just brackets.
#![allow(rustdoc::broken_intra_doc_links, rustdoc::invalid_html_tags)]

mod access;
mod backend;

pub use access::Access;
pub use backend::Backend;

use crate::cli::Exit;
use clap::{Args, Parser, Subcommand, ValueEnum};
use serde::Serialize;
use std::{ffi::OsString, path::PathBuf};

/// Git repositories in your own storage.
///
/// Without a command: a shell in which plain `git push` reaches the storage.
#[derive(Debug, Parser)]
#[command(name = "trunks", version, after_help = Exit::help())]
pub struct Arguments {
    /// Print JSON
    #[arg(long, global = true)]
    pub json: bool,
    /// Print nothing but results and errors
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// What to do
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make .trunks/NAME.trunk in this git repository
    Init(Init),
    /// Connect storage, and look after it
    Storage {
        /// What to do with it
        #[command(subcommand)]
        command: Storage,
    },
    /// Clone a repository out of its storage
    Clone(Clone),
    /// Push to the storage with git
    Push(Git),
    /// Pull from the storage with git
    Pull(Git),
    /// Fetch from the storage with git
    Fetch(Git),
    /// Show repository, branch, storage and what is not pushed yet
    Status,
    /// Make, switch, list and delete branches
    Branch {
        /// What to do with them
        #[command(subcommand)]
        command: Branch,
    },
    /// Make, list, show and delete repositories in a storage
    Repo {
        /// What to do with them
        #[command(subcommand)]
        command: Box<Repo>,
    },
    /// Verify what is stored, and remove what nothing reaches
    Check(Check),
    /// Print a file as it is in the storage, without a clone
    Cat(Cat),
    /// Make tokens for a server of repositories, such as a Worker
    Token {
        /// What to do with them
        #[command(subcommand)]
        command: Token,
    },
}

/// `trunks token …`
#[derive(Debug, Subcommand)]
pub enum Token {
    /// Make a token, signed with the secret in TRUNKS_SECRET
    Create {
        /// The repository; `team/*`: those below team; `*`: all
        #[arg(long)]
        repo: String,
        /// What it allows
        #[arg(long, value_enum, default_value = "read")]
        access: TokenAccess,
        /// How long it holds, as in 30d, 12h or 15m
        #[arg(long, value_name = "TIME", default_value = "30d", value_parser = grace)]
        expires: u64,
    },
}

/// What a token allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum TokenAccess {
    /// To clone and fetch
    Read,
    /// To push as well
    Write,
}

/// `trunks init`
#[derive(Debug, Args)]
pub struct Init {
    /// The repository's name in the storage [default: the directory's name]
    #[arg(long)]
    pub name: Option<String>,
}

/// `trunks storage …`
#[derive(Debug, Subcommand)]
pub enum Storage {
    /// Test a storage, save it and let git push to it
    Add(Box<StorageAdd>),
    /// List the storage of this repository
    List(Window),
    /// Show one storage, its secrets masked
    Show {
        /// Its name
        name: String,
    },
    /// Write, read, list and delete in a storage, to see that it works
    Ping {
        /// A storage's name, or a URL that is not saved yet [default: all of this repository]
        target: Option<String>,
        /// How to sign in at a URL
        #[command(flatten)]
        access: Access,
    },
    /// Forget a storage; nothing stored is deleted
    Remove {
        /// Its name
        name: String,
    },
}

/// `trunks storage add`
#[derive(Debug, Args)]
pub struct StorageAdd {
    /// What to call it; `primary` is the one that git pushes to
    #[arg(long)]
    pub name: String,
    /// Push to it as well as to the primary
    #[arg(long)]
    pub mirror: bool,
    /// Where it is
    #[command(flatten)]
    pub backend: Backend,
}

/// `trunks clone`
#[derive(Debug, Args)]
pub struct Clone {
    /// The repository, such as s3://bucket/my-app
    pub url: String,
    /// Where to clone it to [default: the repository's name]
    pub dir: Option<PathBuf>,
    /// Options for git clone, after --
    #[arg(last = true)]
    pub git: Vec<String>,
    /// How to sign in there
    #[command(flatten)]
    pub access: Access,
}

/// `trunks push`, `pull`, `fetch`
#[derive(Debug, Args)]
pub struct Git {
    /// Options and refspecs for git
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub git: Vec<String>,
}

/// `trunks branch …`
#[derive(Debug, Subcommand)]
pub enum Branch {
    /// Make a branch
    Create {
        /// Its name
        #[arg(long)]
        name: String,
        /// Where it starts [default: HEAD]
        #[arg(long)]
        from: Option<String>,
    },
    /// Check a branch out
    Switch {
        /// Its name
        #[arg(long)]
        name: String,
    },
    /// List the branches
    List(Window),
    /// Delete a branch
    Delete {
        /// Its name
        #[arg(long)]
        name: String,
        /// Even if it holds commits that no other branch has
        #[arg(long)]
        force: bool,
    },
}

/// `trunks repo …`
#[derive(Debug, Subcommand)]
pub enum Repo {
    /// Make an empty repository
    Create {
        /// Its name
        #[arg(long)]
        name: String,
        /// Where
        #[command(flatten)]
        backend: Backend,
        /// The branch that a clone checks out, whichever is pushed first [default: main, or what is
        /// pushed first]
        #[arg(long)]
        default_branch: Option<String>,
    },
    /// List the repositories of a storage
    List {
        /// Where
        #[command(flatten)]
        backend: Backend,
        /// Which of them
        #[command(flatten)]
        window: Window,
    },
    /// Show a repository
    Show {
        /// Its name [default: the one of this directory]
        #[arg(long)]
        name: Option<String>,
        /// Where
        #[command(flatten)]
        backend: Backend,
    },
    /// Delete a repository and all that it holds
    Delete {
        /// Its name
        #[arg(long)]
        name: String,
        /// Where
        #[command(flatten)]
        backend: Backend,
        /// Even if it is not empty
        #[arg(long)]
        force: bool,
    },
}

/// `trunks check`
#[derive(Debug, Args)]
pub struct Check {
    /// The repository [default: this one, in its primary storage]
    pub url: Option<String>,
    /// Remove what nothing reaches, and gather refs that have come to rest
    #[arg(long)]
    pub clean: bool,
    /// Leave what was written less than this ago: a number and s, m, h, d or w
    #[arg(long, default_value = "2w", value_parser = grace)]
    pub grace: u64,
}

/// `trunks cat`
#[derive(Debug, Args)]
#[command(override_usage = "trunks cat [OPTIONS] [URL] <REF:PATH>")]
pub struct Cat {
    /// A file, such as main:README.md or :README.md; before it the repository's URL, unless it is this
    /// one's primary storage
    #[arg(required = true, num_args = 1..=2, value_name = "REF:PATH")]
    pub target: Vec<OsString>,
}

/// Which part of a list is shown.
#[derive(Clone, Copy, Debug, Args)]
pub struct Window {
    /// Show at most so many
    #[arg(long, default_value_t = 20)]
    pub limit: usize,
    /// Pass over so many first
    #[arg(long, default_value_t = 0)]
    pub offset: usize,
}

/// Reads a span of time into seconds: `90s`, `2w`; without a letter, seconds.
fn grace(text: &str) -> Result<u64, String> {
    let (number, unit) = match text.char_indices().last() {
        Some((at, letter)) if letter.is_ascii_alphabetic() => (&text[..at], letter),
        _ => (text, 's'),
    };
    let unit_s = match unit {
        's' => 1,
        'm' => 60,
        'h' => 60 * 60,
        'd' => 24 * 60 * 60,
        'w' => 7 * 24 * 60 * 60,
        _ => return Err("use a number and s, m, h, d or w, such as 2w".into()),
    };
    let number: u64 = number.parse().map_err(|_| "use a number and s, m, h, d or w, such as 2w")?;
    number.checked_mul(unit_s).ok_or_else(|| "that is too long".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_well_formed() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn spans_of_time_are_read() {
        for (text, seconds) in [("0", 0), ("45", 45), ("90s", 90), ("2m", 120), ("2w", 1_209_600)] {
            assert_eq!(grace(text), Ok(seconds), "{text}");
        }
        for text in ["", "w", "2y", "-1d", "99999999999999999999", "18446744073709551615w", "2ä"] {
            assert!(grace(text).is_err(), "{text}");
        }
    }
}
