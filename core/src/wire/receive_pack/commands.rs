//! What a client asks for: commands, capabilities, push options.

use crate::{
    exchange::Exchange,
    limits::Limits,
    object::ObjectId,
    wire::{
        WireError,
        pktline::{Packet, PktLines},
        sideband::SideBand,
    },
};
use alloc::{
    borrow::Cow,
    format,
    string::{String, ToString},
    vec::Vec,
};

/// One demanded change of a ref.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Command {
    /// What the ref must be now; zeros: it must not be.
    pub old: ObjectId,
    /// What it is to be; zeros: it is to be deleted.
    pub new: ObjectId,
    /// The ref's name, as it was sent.
    pub name: Vec<u8>,
}

/// How the outcome is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum ReportForm {
    /// Not at all.
    #[default]
    None,
    /// `report-status` or `report-status-v2`: they differ in options that we never need.
    Status,
}

/// All that a client sends before the pack.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Request {
    /// What it wants done.
    pub commands: Vec<Command>,
    /// Whether its own history is cut off somewhere.
    pub is_shallow: bool,
    /// Whether and how it wants to hear of it.
    pub report: ReportForm,
    /// How the report is framed.
    pub side_band: SideBand,
    /// What it said with `--push-option`.
    pub push_options: Vec<String>,
}

impl Command {
    /// The ref's name, for people.
    pub fn shown(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.name)
    }

    /// Whether the ref is to be deleted.
    pub fn is_delete(&self) -> bool {
        self.new.is_zero()
    }
}

impl Request {
    /// Whether a pack follows.
    pub fn has_pack(&self) -> bool {
        !self.commands.iter().all(Command::is_delete)
    }
}

/// Reads a client's request; `None` when it wants nothing.
///
/// # Source
/// gitprotocol-pack(5), "Reference Update Request and Packfile Transfer"
pub(super) async fn read<E: Exchange>(
    lines: &mut PktLines<'_, E>,
    limits: &Limits,
) -> Result<Option<Request>, WireError> {
    let mut request = Request::default();
    let mut wants_options = false;
    let mut count = 0;
    loop {
        let packet = lines.next().await?;
        let Some(line) = packet.text() else {
            match packet {
                Packet::End if count > 0 => return Err(broken("the commands end too early")),
                Packet::Flush | Packet::End => break,
                _ => return Err(broken("a push has no sections")),
            }
        };
        count += 1;
        if count > limits.wire_lines {
            return Err(refused(format!("more than {} commands", limits.wire_lines)));
        }
        if let Some(id) = line.strip_prefix(b"shallow ") {
            ObjectId::from_hex(id).map_err(|error| broken(error.to_string()))?;
            request.is_shallow = true;
            continue;
        }
        if line.starts_with(b"push-cert") {
            return Err(refused("signed pushes are not accepted: push without --signed"));
        }
        let (command, capabilities) = split_at_zero(line);
        if request.commands.is_empty() {
            wants_options = accept(&mut request, capabilities)?;
        }
        request.commands.push(parse(command)?);
    }
    if request.commands.is_empty() {
        return Ok(None);
    }
    if wants_options {
        request.push_options = read_options(lines, limits).await?;
    }
    Ok(Some(request))
}

/// Takes note of the client's capabilities. Returns whether push options follow the commands.
fn accept(request: &mut Request, capabilities: &[u8]) -> Result<bool, WireError> {
    let mut wants_options = false;
    let text = String::from_utf8_lossy(capabilities);
    for capability in text.split_ascii_whitespace() {
        match capability {
            "report-status" | "report-status-v2" => request.report = ReportForm::Status,
            "side-band-64k" => request.side_band = SideBand::Large,
            "push-options" => wants_options = true,
            "atomic" => return Err(refused("atomic pushes are not accepted")),
            _ => match capability.strip_prefix("object-format=") {
                None | Some("sha1") => {}
                Some(other) => {
                    return Err(refused(format!("objects here are named by sha1, not {other}")));
                }
            },
        }
    }
    Ok(wants_options)
}

fn parse(line: &[u8]) -> Result<Command, WireError> {
    let malformed = || {
        let shown = line.get(..line.len().min(200)).unwrap_or_default();
        broken(format!("expected old/new/ref, got '{}'", String::from_utf8_lossy(shown)))
    };
    let mut fields = line.splitn(3, |byte| *byte == b' ');
    let mut id = || fields.next().and_then(|hex| ObjectId::from_hex(hex).ok());
    let (Some(old), Some(new)) = (id(), id()) else { return Err(malformed()) };
    let name = fields.next().ok_or_else(malformed)?;
    Ok(Command { old, new, name: name.to_vec() })
}

async fn read_options<E: Exchange>(
    lines: &mut PktLines<'_, E>,
    limits: &Limits,
) -> Result<Vec<String>, WireError> {
    let mut options = Vec::new();
    loop {
        let packet = lines.next().await?;
        let Some(line) = packet.text() else {
            return match packet {
                Packet::Flush => Ok(options),
                _ => Err(broken("the push options end too early")),
            };
        };
        if options.len() as u64 >= u64::from(limits.wire_lines) {
            return Err(refused(format!("more than {} push options", limits.wire_lines)));
        }
        options.push(String::from_utf8_lossy(line).into_owned());
    }
}

fn split_at_zero(line: &[u8]) -> (&[u8], &[u8]) {
    match line.iter().position(|byte| *byte == 0) {
        Some(at) => (line.get(..at).unwrap_or_default(), line.get(at + 1..).unwrap_or_default()),
        None => (line, &[]),
    }
}

fn broken(reason: impl Into<String>) -> WireError {
    WireError::Protocol { reason: reason.into() }
}

fn refused(reason: impl Into<String>) -> WireError {
    WireError::Refused { reason: reason.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::testing::Script;
    use alloc::{borrow::ToOwned, vec};
    use futures_util::FutureExt;

    const A: &str = "ce013625030ba8dba906f756967f9e9ca394464a";
    const ZERO: &str = "0000000000000000000000000000000000000000";

    fn frame(payload: &str) -> String {
        format!("{:04x}{payload}", payload.len() + 4)
    }

    fn read_from(text: &str, limits: &Limits) -> Result<Option<Request>, WireError> {
        let mut script = Script::new(&[text.as_bytes()]);
        let mut lines = PktLines::new(&mut script);
        read(&mut lines, limits).now_or_never().expect("a script never waits")
    }

    fn read_all(text: &str) -> Result<Option<Request>, WireError> {
        read_from(text, &Limits::default())
    }

    #[test]
    fn commands_are_read_with_what_stands_beside_them() {
        let text = [
            frame(&format!("shallow {A}\n")),
            frame(&format!("{ZERO} {A} refs/heads/a\0 report-status side-band-64k push-options")),
            frame(&format!("{A} {ZERO} refs/heads/b c")),
            "0000".to_owned(),
            frame("ci.skip"),
            "0000".to_owned(),
        ]
        .concat();
        let request = read_all(&text).unwrap().unwrap();
        assert!(request.is_shallow && request.has_pack());
        assert_eq!(request.report, ReportForm::Status);
        assert_eq!(request.side_band, SideBand::Large);
        assert_eq!(request.push_options, ["ci.skip"]);
        let names: Vec<&str> =
            request.commands.iter().map(|c| str::from_utf8(&c.name).unwrap()).collect();
        assert_eq!(names, ["refs/heads/a", "refs/heads/b c"]);
        let deletes: Vec<bool> = request.commands.iter().map(Command::is_delete).collect();
        assert_eq!(deletes, [false, true]);
    }

    #[test]
    fn nothing_may_be_wanted() {
        assert_eq!(read_all("0000"), Ok(None));
        assert_eq!(read_all(""), Ok(None));
    }

    #[test]
    fn deletes_alone_come_without_a_pack() {
        let text = [frame(&format!("{A} {ZERO} refs/heads/b\0")), "0000".to_owned()].concat();
        assert!(!read_all(&text).unwrap().unwrap().has_pack());
    }

    #[test]
    fn what_is_not_a_request_is_refused() {
        let command = format!("{ZERO} {A} refs/heads/a\0");
        let unfit = [
            frame("hello"),
            frame(&format!("{ZERO} {A}")),
            frame(&format!("{ZERO} xyz refs/heads/a")),
            frame("shallow x"),
            frame("push-cert\0report-status"),
            frame(&command),
            [frame(&command), "0001".to_owned()].concat(),
            frame(&format!("{command}atomic")),
            frame(&format!("{command}object-format=sha256")),
            [frame(&format!("{command}push-options")), "0000".to_owned(), frame("a")].concat(),
        ];
        for text in unfit {
            assert!(read_all(&text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn commands_are_counted() {
        let limits = Limits { wire_lines: 2, ..Limits::default() };
        let line = frame(&format!("{ZERO} {A} refs/heads/a\0"));
        let text = |count| [vec![line.clone(); count].concat(), "0000".to_owned()].concat();
        assert!(read_from(&text(2), &limits).is_ok());
        assert!(matches!(read_from(&text(3), &limits), Err(WireError::Refused { .. })));
    }
}
