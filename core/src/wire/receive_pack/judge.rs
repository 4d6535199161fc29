//! Whether a ref may be moved as a client wants it to be.

use super::{
    commands::{Command, Request},
    report::Outcome,
};
use crate::{
    object::{Kind, ObjectId},
    odb::ReadError,
    pack::incoming::Received,
    refs::{Head, OldValue, RefName, RefUpdate},
    repository::Repository,
    sorted::BTreeMap,
    store::Store,
    walk::connectivity,
};
use alloc::{format, string::ToString, vec::Vec};

/// Judges the commands of one push.
pub(super) struct Judge<'j, S> {
    repository: &'j Repository<S>,
    request: &'j Request,
    received: Option<&'j Received>,
    present: &'j [ObjectId],
}

impl<'j, S: Store + Clone> Judge<'j, S> {
    /// `received`: the pack that came with the push. `present`: what the refs name now.
    pub fn new(
        repository: &'j Repository<S>,
        request: &'j Request,
        received: Option<&'j Received>,
        present: &'j [ObjectId],
    ) -> Self {
        Self { repository, request, received, present }
    }

    /// What is to be done to each ref, in the order of the commands.
    pub async fn all(&self) -> Vec<Result<RefUpdate, Outcome>> {
        let mut times: BTreeMap<&[u8], u32> = BTreeMap::new();
        for command in &self.request.commands {
            *times.entry(&command.name).or_default() += 1;
        }
        let are_connected = self.are_all_connected().await;
        let mut verdicts = Vec::new();
        for command in &self.request.commands {
            let is_alone = times.get(command.name.as_slice()) == Some(&1);
            verdicts.push(match is_alone {
                true => self.one(command, are_connected).await,
                false => {
                    let name = command.shown();
                    let message = format!("multiple updates for ref '{name}' not allowed");
                    Err(Outcome::new("multiple updates for ref not allowed", message))
                }
            });
        }
        verdicts
    }

    async fn one(&self, command: &Command, is_connected: bool) -> Result<RefUpdate, Outcome> {
        let name = self.name(command)?;
        if command.is_delete() {
            self.may_delete(command, &name).await?;
        } else {
            self.may_name(command, &name, is_connected).await?;
        }
        Ok(RefUpdate {
            name,
            old: match command.old {
                old if old.is_zero() => OldValue::Absent,
                old => OldValue::Is(old),
            },
            new: (!command.is_delete()).then_some(command.new),
        })
    }

    fn name(&self, command: &Command) -> Result<RefName, Outcome> {
        let funny = || {
            let message = format!("refusing to update funny ref '{}' remotely", command.shown());
            Outcome::new("funny refname", message)
        };
        let text = str::from_utf8(&command.name).map_err(|_| {
            let message = format!("refusing to update ref '{}': not UTF-8", command.shown());
            Outcome::new("refname is not UTF-8", message)
        })?;
        let name = RefName::new(text).map_err(|_| funny())?;
        if text.starts_with("refs/") { Ok(name) } else { Err(funny()) }
    }

    async fn may_delete(&self, command: &Command, name: &RefName) -> Result<(), Outcome> {
        let head = self.repository.refs.head().await;
        let head = head.map_err(|error| Outcome::new("failed to update ref", error.to_string()))?;
        if head == Some(Head::Symbolic(name.clone())) {
            let message = format!("refusing to delete the current branch: {}", command.shown());
            return Err(Outcome::new("deletion of the current branch prohibited", message));
        }
        Ok(())
    }

    /// Whether the ref may name the new object.
    async fn may_name(
        &self,
        command: &Command,
        name: &RefName,
        is_connected: bool,
    ) -> Result<(), Outcome> {
        let objects = &self.repository.objects;
        let kind = match objects.header(&command.new).await {
            Ok((kind, _)) => kind,
            Err(ReadError::Missing { id }) => {
                return Err(Outcome::new("missing necessary objects", format!("bad object {id}")));
            }
            Err(error) => return Err(Outcome::new("failed to update ref", error.to_string())),
        };
        if name.as_str().starts_with("refs/heads/") && kind != Kind::Commit {
            let name = name.as_str();
            let message = format!(
                "cannot update ref '{name}': \
                 trying to write non-commit object {} to branch '{name}'",
                command.new
            );
            return Err(Outcome::new("failed to update ref", message));
        }
        if is_connected {
            return Ok(());
        }
        match connectivity::check(objects, &[command.new], self.present).await {
            Ok(()) => Ok(()),
            Err(error) if self.request.is_shallow => {
                Err(Outcome::new("shallow update not allowed", error.to_string()))
            }
            Err(error) => Err(Outcome::new("missing necessary objects", error.to_string())),
        }
    }

    /// Whether all new values are, together: if not, each is looked at alone.
    async fn are_all_connected(&self) -> bool {
        let is_proven =
            |id: &ObjectId| self.received.is_some_and(|received| received.is_closed_from(id));
        let tips: Vec<ObjectId> = self
            .request
            .commands
            .iter()
            .filter(|command| !command.is_delete() && !is_proven(&command.new))
            .map(|command| command.new)
            .collect();
        tips.is_empty()
            || connectivity::check(&self.repository.objects, &tips, self.present).await.is_ok()
    }
}
