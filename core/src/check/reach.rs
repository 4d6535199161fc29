//! Everything that the refs lead to, and what of it is not there.

use crate::{
    at_once::join_all,
    object::{Commit, Kind, Malformed, ObjectId, Tag, tree},
    odb::{Objects, ReadError},
    store::Store,
    walk::{Flags, Mark, Marks},
};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};

/// How many objects are read at once.
const READS_IN_FLIGHT: usize = 32;
/// After so many problems the rest is not looked for: something is wrong with the whole.
const MOST_PROBLEMS: usize = 1000;

/// What was reached, as far as one got.
pub(super) struct Reach<'r, S> {
    objects: &'r Objects<S>,
    marks: Marks,
    queue: Vec<Step>,
    /// What is wrong, each naming the object and what leads to it.
    pub problems: Vec<String>,
}

/// An object that is to be looked at.
#[derive(Clone, Copy)]
struct Step {
    mark: Mark,
    /// What it is named as; `None` where a ref names it, which does not say.
    kind: Option<Kind>,
    /// The object that names it, unless a ref does.
    from: Option<Mark>,
}

/// What a step found.
enum Found {
    /// Nothing to follow.
    End,
    /// An object that may name others.
    Object(Kind, Vec<u8>),
}

impl<'r, S: Store> Reach<'r, S> {
    /// Has reached nothing yet.
    pub fn new(objects: &'r Objects<S>) -> Self {
        Self { objects, marks: Marks::new(), queue: Vec::new(), problems: Vec::new() }
    }

    /// Whether the object was reached.
    pub fn has(&self, id: &ObjectId) -> bool {
        self.marks.find(id).is_some()
    }

    /// Reaches all that follows from an object that `name` names.
    ///
    /// # Errors
    /// The store failed. What is wrong with objects is added to the problems.
    pub async fn follow(&mut self, name: &str, id: &ObjectId) -> Result<(), ReadError> {
        let kind = name.starts_with("refs/heads/").then_some(Kind::Commit);
        self.link(name, None, id, kind);
        while !self.queue.is_empty() && self.problems.len() < MOST_PROBLEMS {
            let first = self.queue.len().saturating_sub(READS_IN_FLIGHT);
            let steps = self.queue.split_off(first);
            let looks =
                steps.iter().map(|step| look(self.objects, step.kind, self.marks.id(step.mark)));
            for (step, found) in steps.iter().zip(join_all(looks).await) {
                match found {
                    Ok(found) => self.take(name, *step, found),
                    Err(error) => self.note(name, *step, error)?,
                }
            }
        }
        Ok(())
    }

    /// Takes note of what is wrong with an object.
    fn note(&mut self, name: &str, step: Step, error: ReadError) -> Result<(), ReadError> {
        if let ReadError::Store(_) = error {
            return Err(error);
        }
        self.say(name, step, &error.to_string());
        Ok(())
    }

    fn say(&mut self, name: &str, step: Step, what: &str) {
        let by = match step.from {
            None => format!("{name} names it"),
            Some(from) => {
                format!("object {} names it, which {name} leads to", self.marks.id(from))
            }
        };
        self.problems.push(format!("{what}: {by}"));
    }

    fn take(&mut self, name: &str, step: Step, found: Found) {
        let Found::Object(kind, data) = found else { return };
        self.marks.add(step.mark, Flags::of_kind(kind));
        if step.kind.is_some_and(|expected| expected != kind) {
            self.say_kind(name, step, kind);
        } else if let Err(error) = self.take_links(name, step.mark, kind, &data) {
            let id = self.marks.id(step.mark);
            self.say(name, step, &format!("object {id} is not valid: {error}"));
        }
    }

    fn say_kind(&mut self, name: &str, step: Step, kind: Kind) {
        let expected = step.kind.map_or("object", Kind::as_str);
        let id = self.marks.id(step.mark);
        self.say(name, step, &format!("object {id} is a {}, not a {expected}", kind.as_str()));
    }

    fn take_links(
        &mut self,
        name: &str,
        from: Mark,
        kind: Kind,
        data: &[u8],
    ) -> Result<(), Malformed> {
        match kind {
            Kind::Blob => {}
            Kind::Tree => {
                for entry in tree::entries(data) {
                    let entry = entry?;
                    if entry.mode.kind().is_some() {
                        self.link(name, Some(from), &entry.id, entry.mode.kind());
                    }
                }
            }
            Kind::Commit => {
                let commit = Commit::parse(data)?;
                for parent in &commit.parents {
                    self.link(name, Some(from), parent, Some(Kind::Commit));
                }
                self.link(name, Some(from), &commit.tree, Some(Kind::Tree));
            }
            Kind::Tag => {
                let tag = Tag::parse(data)?;
                self.link(name, Some(from), &tag.target, Some(tag.target_kind));
            }
        }
        Ok(())
    }

    fn link(&mut self, name: &str, from: Option<Mark>, id: &ObjectId, kind: Option<Kind>) {
        let before = self.marks.len();
        let (mark, flags) = self.marks.set(id, kind.map_or(Flags::NONE, Flags::of_kind));
        let step = Step { mark, kind, from };
        if self.marks.len() != before {
            self.queue.push(step);
        } else if let (Some(known), Some(expected)) = (flags.kind(), kind)
            && known != expected
        {
            self.say_kind(name, step, known);
        }
    }
}

async fn look<S: Store>(
    objects: &Objects<S>,
    kind: Option<Kind>,
    id: ObjectId,
) -> Result<Found, ReadError> {
    let kind = match kind {
        Some(kind) => kind,
        None => objects.header(&id).await?.0,
    };
    if kind == Kind::Blob {
        // What a blob holds was looked at with its pack.
        let is_there = objects.contains(&id).await?;
        return if is_there { Ok(Found::End) } else { Err(ReadError::Missing { id }) };
    }
    match objects.read(&id).await {
        Ok(object) => Ok(Found::Object(object.kind, object.data)),
        Err(ReadError::Missing { id }) if id == ObjectId::EMPTY_TREE => Ok(Found::End),
        Err(error) => Err(error),
    }
}
