//! The keys of the stored layout: all of them are made here.

use super::RepoName;
use crate::{object::ObjectId, refs::RefName};
use alloc::{format, string::String};

/// The keys of one repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    root: String,
}

impl Layout {
    /// What every repository's keys begin with.
    pub const TRUNKS: &str = "trunks/";
    /// What the last segment of a repository's directory ends with.
    pub const SUFFIX: &str = ".trunk";

    /// The keys of the repository called `name`.
    pub fn new(name: &RepoName) -> Self {
        Self { root: format!("{}{}{}/", Self::TRUNKS, name.as_str(), Self::SUFFIX) }
    }

    /// What all keys begin with, ending in a slash.
    pub fn root(&self) -> &str {
        &self.root
    }

    /// `HEAD`
    pub fn head(&self) -> String {
        format!("{}HEAD", self.root)
    }

    /// `config`
    pub fn config(&self) -> String {
        format!("{}config", self.root)
    }

    /// `trunk.json`
    pub fn manifest(&self) -> String {
        format!("{}trunk.json", self.root)
    }

    /// `packed-refs`
    pub fn packed_refs(&self) -> String {
        format!("{}packed-refs", self.root)
    }

    /// `info/refs`
    pub fn info_refs(&self) -> String {
        format!("{}info/refs", self.root)
    }

    /// `objects/info/packs`
    pub fn info_packs(&self) -> String {
        format!("{}objects/info/packs", self.root)
    }

    /// `objects/info/alternates`
    pub fn alternates(&self) -> String {
        format!("{}objects/info/alternates", self.root)
    }

    /// `shallow`, where stock git notes which commits it has without their parents.
    pub fn shallow(&self) -> String {
        format!("{}shallow", self.root)
    }

    /// `objects/info/commit-graph`, with which the directory of a chain of them begins as well.
    pub fn commit_graph(&self) -> String {
        format!("{}objects/info/commit-graph", self.root)
    }

    /// The loose ref: `refs/heads/main`
    pub fn loose_ref(&self, name: &RefName) -> String {
        format!("{}{}", self.root, name.as_str())
    }

    /// What stock git keeps for all linked work trees begins with: `worktrees/`
    pub fn worktrees_prefix(&self) -> String {
        format!("{}worktrees/", self.root)
    }

    /// What all reflogs of stock git begin with: `logs/`
    pub fn logs_prefix(&self) -> String {
        format!("{}logs/", self.root)
    }

    /// `index`, where the repository has a work tree of its own.
    pub fn index(&self) -> String {
        format!("{}index", self.root)
    }

    /// `journals/unreachable`: what the last clean found that nothing reaches.
    pub fn unreachable(&self) -> String {
        format!("{}journals/unreachable", self.root)
    }

    /// `journals/maintenance`: who cleans, and until when.
    pub fn lease(&self) -> String {
        format!("{}journals/maintenance", self.root)
    }

    /// `journals/deleting`: there from the first step of a deletion to its last.
    pub fn deleting(&self) -> String {
        format!("{}journals/deleting", self.root)
    }

    /// What all loose refs begin with.
    pub fn refs_prefix(&self) -> String {
        format!("{}refs/", self.root)
    }

    /// What all files of packs begin with: `objects/pack/`
    pub fn packs_prefix(&self) -> String {
        format!("{}objects/pack/", self.root)
    }

    /// `objects/pack/pack-<name>.pack`
    pub fn pack(&self, name: &str) -> String {
        format!("{}objects/pack/pack-{name}.pack", self.root)
    }

    /// `objects/pack/pack-<name>.idx`
    pub fn idx(&self, name: &str) -> String {
        format!("{}objects/pack/pack-{name}.idx", self.root)
    }

    /// The loose object: `objects/ab/cdef…`
    pub fn loose_object(&self, id: &ObjectId) -> String {
        let hex = format!("{id}");
        format!("{}objects/{}/{}", self.root, &hex[..2], &hex[2..])
    }

    /// What all objects, packs and loose ones, begin with.
    pub fn objects_prefix(&self) -> String {
        format!("{}objects/", self.root)
    }
}
