//! What a client is told of what became of its push.

use super::commands::{ReportForm, Request};
use crate::{
    exchange::Exchange,
    refs::{OldValue, RefError, RefUpdate},
    wire::{
        pktline::PktLines,
        sideband::{Band, SideBand},
    },
};
use alloc::{
    borrow::{Cow, ToOwned},
    format,
    string::String,
    vec::Vec,
};

/// Why a ref did not move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    /// What stands beside the ref in the client's summary: git's own words where it has some.
    pub reason: Cow<'static, str>,
    /// What is said at length, if that tells more.
    pub message: Option<String>,
}

impl Outcome {
    /// A reason that says all.
    pub fn quiet(reason: &'static str) -> Self {
        Self { reason: Cow::Borrowed(reason), message: None }
    }

    /// A reason, and a message that says it at length.
    pub fn new(reason: &'static str, message: String) -> Self {
        Self { reason: Cow::Borrowed(reason), message: Some(message) }
    }

    /// What git says when a ref cannot be moved.
    pub fn of_ref(update: &RefUpdate, error: &RefError) -> Self {
        let name = update.name.as_str();
        let expected = match update.old {
            OldValue::Absent => "reference already exists".to_owned(),
            OldValue::Is(id) => format!("is not at {id} as expected: fetch first"),
            OldValue::Any => "was moved by another writer: try again".to_owned(),
        };
        let message = match error {
            RefError::Stale { .. } => format!("cannot lock ref '{name}': {expected}"),
            RefError::NameConflict { other, .. } => {
                format!("cannot lock ref '{name}': '{other}' exists; cannot create '{name}'")
            }
            error => format!("cannot update ref '{name}': {error}"),
        };
        Self::new("failed to update ref", message)
    }
}

/// Writes the messages and the report.
///
/// `unpack`: what became of the pack.
///
/// # Source
/// gitprotocol-pack(5), "Report Status"
pub(super) fn write<E: Exchange>(
    lines: &mut PktLines<'_, E>,
    request: &Request,
    unpack: Result<(), String>,
    outcomes: &[Result<(), Outcome>],
) {
    let side_band = request.side_band;
    let refusals = outcomes.iter().filter_map(|outcome| outcome.as_ref().err());
    for message in unpack
        .as_ref()
        .err()
        .into_iter()
        .chain(refusals.filter_map(|refusal| refusal.message.as_ref()))
    {
        let text = format!("error: {message}\n");
        lines.write_band(side_band, Band::Progress, text.as_bytes());
    }
    if request.report == ReportForm::Status {
        let mut report = Vec::new();
        match &unpack {
            Ok(()) => line(&mut report, &[b"unpack ok"]),
            Err(reason) => line(&mut report, &[b"unpack ", reason.as_bytes()]),
        }
        for (command, outcome) in request.commands.iter().zip(outcomes) {
            match outcome {
                Ok(()) => line(&mut report, &[b"ok ", &command.name]),
                Err(refusal) => {
                    let reason = refusal.reason.as_bytes();
                    line(&mut report, &[b"ng ", &command.name, b" ", reason]);
                }
            }
        }
        report.extend_from_slice(b"0000");
        lines.write_band(side_band, Band::Data, &report);
    }
    if side_band != SideBand::None {
        lines.write_flush();
    }
}

/// Appends a pkt-line. Longer than one cannot be: names and reasons come out of pkt-lines.
fn line(report: &mut Vec<u8>, parts: &[&[u8]]) {
    let mut text = parts.concat();
    text.iter_mut().filter(|byte| **byte == b'\n').for_each(|byte| *byte = b' ');
    report.extend_from_slice(format!("{:04x}", text.len() + 5).as_bytes());
    report.append(&mut text);
    report.push(b'\n');
}
