//! The shapes of `repository.d.ts` and `history.d.ts`, as they come from JavaScript and go there.

use crate::{
    error::Thrown,
    value::{Fields, Told, Wrong, object, wrong},
};
use trunks_core::{
    files::{
        Stat,
        commit::{Change, CommitRequest, Content, Person},
    },
    object::Mode,
    refs::{Head, OldValue, Peeled, Ref, RefName, RefUpdate},
};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = crypto, js_name = getRandomValues, catch)]
    fn fill_randomly(bytes: &mut [u8]) -> Result<JsValue, JsValue>;
}

pub(crate) fn nonce() -> Result<[u8; 20], Thrown> {
    let mut nonce = [0; 20];
    fill_randomly(&mut nonce).map_err(|_| Thrown::invalid("crypto.getRandomValues is needed"))?;
    Ok(nonce)
}

pub(crate) fn asked_head(head: JsValue) -> Result<Head, Thrown> {
    let head = Fields::of(head, "head")?;
    match (head.maybe_text("symbolic")?, head.maybe_text("detached")?) {
        (Some(branch), None) => Ok(Head::Symbolic(RefName::new(&branch)?)),
        (None, Some(id)) => Ok(Head::Detached(id.parse()?)),
        _ => Err(wrong("head", "an object with symbolic or detached").into()),
    }
}

pub(crate) fn asked_update(update: Fields) -> Result<RefUpdate, Thrown> {
    Ok(RefUpdate {
        name: RefName::new(&update.text("name")?)?,
        old: asked_old(update.value("old").unwrap_or_default())?,
        new: update.maybe_text("new")?.map(|id| id.parse()).transpose()?,
    })
}

fn asked_old(old: JsValue) -> Result<OldValue, Thrown> {
    match old.as_string().as_deref() {
        Some("any") => Ok(OldValue::Any),
        Some("absent") => Ok(OldValue::Absent),
        Some(_) => Err(wrong("old", "any, absent or an object with is").into()),
        None => Ok(OldValue::Is(Fields::of(old, "old")?.text("is")?.parse()?)),
    }
}

pub(crate) fn asked_commit(request: JsValue) -> Result<CommitRequest, Thrown> {
    let request = Fields::of(request, "the request")?;
    let changes = request.list("changes")?;
    Ok(CommitRequest {
        branch: RefName::new(&request.text("branch")?)?,
        parent: request.maybe_text("parent")?.map(|id| id.parse()).transpose()?,
        changes: changes.into_iter().map(asked_change).collect::<Result<_, _>>()?,
        author: asked_person(&request.fields("author")?)?,
        committer: asked_person(&request.fields("committer")?)?,
        message: request.text("message")?.into_bytes(),
        nonce: nonce()?,
    })
}

fn asked_change(change: Fields) -> Result<Change, Thrown> {
    let content = change.maybe_fields("content")?;
    let moved = change.maybe_text("movedFrom")?;
    let content = match (content, moved, change.maybe_text("copiedFrom")?) {
        (None, None, None) => Content::Nothing,
        (Some(blob), None, None) => {
            Content::Blob { mode: Mode(blob.number("mode")?), bytes: blob.bytes("bytes")? }
        }
        (None, Some(from), None) => Content::Moved { from: from.into_bytes() },
        (None, None, Some(from)) => Content::Copied { from: from.into_bytes() },
        _ => return Err(Thrown::invalid("a change has one of content, movedFrom and copiedFrom")),
    };
    Ok(Change { path: change.text("path")?.into_bytes(), content })
}

pub(crate) fn asked_person(person: &Fields) -> Result<Person, Wrong> {
    Ok(Person {
        name: person.text("name")?,
        email: person.text("email")?,
        time_s: person.number("timeS")?,
        zone_minutes: person.number("zoneMinutes")?,
    })
}

impl Told for Person {
    fn told(self) -> JsValue {
        object([
            ("name", self.name.told()),
            ("email", self.email.told()),
            ("timeS", self.time_s.told()),
            ("zoneMinutes", self.zone_minutes.into()),
        ])
    }
}

impl Told for Head {
    fn told(self) -> JsValue {
        match self {
            Self::Symbolic(branch) => object([("symbolic", branch.as_str().told())]),
            Self::Detached(id) => object([("detached", id.told())]),
        }
    }
}

impl Told for Ref {
    fn told(self) -> JsValue {
        let peeled = match self.peeled {
            Peeled::To(id) => Some(id),
            Peeled::NoTag | Peeled::Unknown => None,
        };
        object([
            ("name", self.name.as_str().told()),
            ("id", self.id.told()),
            ("peeled", peeled.told()),
            ("symbolic", self.symbolic.as_ref().map(RefName::as_str).told()),
        ])
    }
}

/// `FileStat`, and with the bytes `File`.
pub(crate) fn told_stat(stat: Stat, bytes: Option<JsValue>) -> JsValue {
    let Stat { id, mode, size_bytes } = stat;
    let fields = [("id", id.told()), ("mode", mode.0.told()), ("sizeBytes", size_bytes.told())];
    match (fields, bytes) {
        (fields, None) => object(fields),
        ([id, mode, size], Some(bytes)) => object([id, mode, size, ("bytes", bytes)]),
    }
}
