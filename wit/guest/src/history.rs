//! The history export: each function calls the core's of the same name.

use crate::{
    bindings::exports::trunks::core::{
        history as wit,
        repository::{self, Error},
    },
    repository::{Exports, asked_person, nonce, open},
};
use trunks_core::{
    diff::{self, ChangeKind, ChangeOptions, FileDiff, Renames, TreeChange},
    files::{self, Depth, WalkOptions, commit::Person},
    history::{self, Annotation, CommitInfo, LogOptions},
    object::{InvalidId, Mode, ObjectId},
};

impl wit::Guest for Exports {
    async fn resolve(name: String, revision: String) -> Result<String, Error> {
        Ok(files::resolve(&open(&name)?, &revision).await?.to_string())
    }

    async fn create_branch(
        name: String,
        branch: String,
        revision: String,
    ) -> Result<String, Error> {
        let id = history::create_branch(&open(&name)?, &branch, &revision).await?;
        Ok(id.to_string())
    }

    async fn delete_branch(
        name: String,
        branch: String,
        expected: Option<String>,
    ) -> Result<String, Error> {
        let id = history::delete_branch(&open(&name)?, &branch, asked_id(expected)?).await?;
        Ok(id.to_string())
    }

    async fn create_tag(
        name: String,
        tag: String,
        revision: String,
        annotation: Option<wit::Annotation>,
    ) -> Result<String, Error> {
        let annotation = annotation.map(asked_annotation).transpose()?;
        let repository = open(&name)?;
        let id = history::create_tag(&repository, &tag, &revision, annotation.as_ref()).await?;
        Ok(id.to_string())
    }

    async fn delete_tag(
        name: String,
        tag: String,
        expected: Option<String>,
    ) -> Result<String, Error> {
        let id = history::delete_tag(&open(&name)?, &tag, asked_id(expected)?).await?;
        Ok(id.to_string())
    }

    async fn walk(
        name: String,
        revision: String,
        options: wit::WalkOptions,
    ) -> Result<wit::WalkPage, Error> {
        let options = WalkOptions {
            path: options.path.as_bytes(),
            depth: match options.depth {
                wit::Depth::Directory => Depth::Directory,
                wit::Depth::Whole => Depth::Whole,
            },
            after: options.after.as_deref(),
            limit: options.limit,
        };
        let page = files::walk(&open(&name)?, &revision, &options).await?;
        let entries = page.entries.into_iter().map(|entry| wit::WalkEntry {
            path: entry.path,
            mode: entry.mode.0,
            id: entry.id.to_string(),
        });
        Ok(wit::WalkPage { entries: entries.collect(), more: page.more })
    }

    async fn log(
        name: String,
        revision: String,
        options: wit::LogOptions,
    ) -> Result<wit::LogPage, Error> {
        let wit::LogOptions { path, after, skip, limit } = options;
        let after = asked_id(after)?;
        let options = LogOptions { path: path.as_bytes(), after, skip, limit };
        let page = history::log(&open(&name)?, &revision, &options).await?;
        let commits = page.commits.into_iter().map(told_commit).collect();
        Ok(wit::LogPage { commits, more: page.more })
    }

    async fn diff_trees(
        name: String,
        old_revision: Option<String>,
        new_revision: String,
        options: wit::ChangeOptions,
    ) -> Result<wit::ChangePage, Error> {
        let options = ChangeOptions {
            path: options.path.as_bytes(),
            after: options.after.as_deref(),
            limit: options.limit,
            renames: if options.renames { Renames::Exact } else { Renames::Ignore },
        };
        let page =
            diff::changes(&open(&name)?, old_revision.as_deref(), &new_revision, &options).await?;
        let changes = page.changes.into_iter().map(told_change).collect();
        Ok(wit::ChangePage { changes, more: page.more })
    }

    async fn diff_files(
        name: String,
        old_id: Option<String>,
        new_id: Option<String>,
        context: u32,
    ) -> Result<wit::FileDiff, Error> {
        let (old, new) = (asked_id(old_id)?, asked_id(new_id)?);
        let (kind, hunks) = match diff::files(&open(&name)?, old, new, context).await? {
            FileDiff::Text(hunks) => (wit::DiffKind::Text, hunks),
            FileDiff::Binary => (wit::DiffKind::Binary, Vec::new()),
            FileDiff::TooLarge => (wit::DiffKind::TooLarge, Vec::new()),
        };
        let hunks = hunks.into_iter().map(|hunk| wit::Hunk {
            old_start: hunk.old_start,
            old_lines: hunk.old_lines,
            new_start: hunk.new_start,
            new_lines: hunk.new_lines,
            text: hunk.text,
        });
        Ok(wit::FileDiff { kind, hunks: hunks.collect() })
    }
}

fn asked_id(id: Option<String>) -> Result<Option<ObjectId>, InvalidId> {
    id.map(|id| id.parse()).transpose()
}

fn asked_annotation(annotation: wit::Annotation) -> Result<Annotation, Error> {
    Ok(Annotation {
        tagger: asked_person(annotation.tagger),
        message: annotation.message.into_bytes(),
        nonce: nonce(annotation.nonce)?,
    })
}

fn told_commit(commit: CommitInfo) -> wit::CommitInfo {
    wit::CommitInfo {
        id: commit.id.to_string(),
        tree: commit.tree.to_string(),
        parents: commit.parents.iter().map(ObjectId::to_string).collect(),
        author: told_person(commit.author),
        committer: told_person(commit.committer),
        message: commit.message,
    }
}

fn told_person(person: Person) -> repository::Person {
    let Person { name, email, time_s, zone_minutes } = person;
    repository::Person { name, email, time_s, zone_minutes }
}

fn told_change(change: TreeChange) -> wit::TreeChange {
    let side = |(mode, id): (Mode, ObjectId)| wit::Side { mode: mode.0, id: id.to_string() };
    wit::TreeChange {
        kind: match change.kind {
            ChangeKind::Added => wit::ChangeKind::Added,
            ChangeKind::Removed => wit::ChangeKind::Removed,
            ChangeKind::Modified => wit::ChangeKind::Modified,
            ChangeKind::TypeChanged => wit::ChangeKind::TypeChanged,
            ChangeKind::Renamed => wit::ChangeKind::Renamed,
        },
        path: change.path,
        old_path: change.old_path,
        old: change.old.map(side),
        new: change.new.map(side),
    }
}
