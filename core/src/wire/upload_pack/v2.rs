//! Version 2: commands.

use super::{
    Server, Stage, WireError,
    advertise::{AdvertisedHead, peel_all},
    protocol, refused,
    request::parse_id,
    shown,
};
use crate::{
    exchange::Exchange,
    refs::{Head, Peeled, Ref},
    store::Store,
    wire::{Session, pktline::Packet},
};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};

impl<S: Store + Clone, E: Exchange> Server<'_, '_, S, E> {
    /// Serves version 2.
    ///
    /// # Source
    /// gitprotocol-v2(5)
    pub(super) async fn serve_v2(&mut self) -> Result<(), WireError> {
        if self.options.session != Session::Request {
            self.advertise_v2().await?;
        }
        if self.options.session == Session::Advertise {
            return Ok(());
        }
        while self.serve_command().await? && self.options.session == Session::Duplex {
            self.lines_left = self.repository.objects.limits().wire_lines;
            self.stage = Stage::Talk;
        }
        Ok(())
    }

    async fn advertise_v2(&mut self) -> Result<(), WireError> {
        let repository = self.repository;
        if self.look(async { Ok(repository.refs.head().await?) }).await?.is_none() {
            return Err(repository.absence().await.into());
        }
        let agent = format!("agent={}", self.options.agent);
        for line in [
            "version 2",
            &agent,
            "ls-refs=unborn",
            "fetch=shallow wait-for-done filter ref-in-want",
            "server-option",
            "object-format=sha1",
            "object-info",
        ] {
            self.lines.write_line(format_args!("{line}"));
        }
        self.lines.write_flush();
        Ok(())
    }

    /// Serves one command; false when the client leaves.
    async fn serve_command(&mut self) -> Result<bool, WireError> {
        let mut command = None;
        let end = loop {
            let packet = self.next().await?;
            let Some(line) = packet.text() else { break packet };
            if let Some(name) = line.strip_prefix(b"command=") {
                if command.is_some() {
                    return Err(protocol("a request can have one command only"));
                }
                command = Some(name.to_vec());
            } else if let Some(format) = line.strip_prefix(b"object-format=") {
                if format != b"sha1" {
                    let format = shown(format);
                    let reason = "mismatched object format: server sha1; client";
                    return Err(refused(format!("{reason} {format}")));
                }
            } else if !line.starts_with(b"agent=")
                && !line.starts_with(b"server-option=")
                && !line.starts_with(b"session-id=")
            {
                return Err(protocol(format!("unknown capability '{}'", shown(line))));
            }
        };
        let Some(command) = command else {
            return match end {
                Packet::Flush | Packet::End => Ok(false),
                _ => Err(protocol("no command requested")),
            };
        };
        let arguments = Arguments { is_over: end != Packet::Delim };
        match &command[..] {
            b"ls-refs" => self.ls_refs(arguments).await?,
            b"fetch" => self.fetch(arguments).await?,
            b"object-info" => self.object_info(arguments).await?,
            _ => return Err(protocol(format!("invalid command '{}'", shown(&command)))),
        }
        Ok(true)
    }

    /// Reads the next argument of a command; `None` at their end.
    pub(super) async fn argument(
        &mut self,
        arguments: &mut Arguments,
    ) -> Result<Option<Vec<u8>>, WireError> {
        if arguments.is_over {
            return Ok(None);
        }
        let packet = self.next().await?;
        match packet.text() {
            Some(line) => Ok(Some(line.to_vec())),
            None if packet == Packet::Flush => {
                arguments.is_over = true;
                Ok(None)
            }
            None => Err(protocol("expected flush after arguments")),
        }
    }

    async fn ls_refs(&mut self, mut arguments: Arguments) -> Result<(), WireError> {
        let mut request = LsRefs::default();
        while let Some(line) = self.argument(&mut arguments).await? {
            match &line[..] {
                b"peel" => request.is_peeled = true,
                b"symrefs" => request.has_symrefs = true,
                b"unborn" => request.has_unborn = true,
                _ => match line.strip_prefix(b"ref-prefix ") {
                    Some(prefix) => {
                        request.prefixes.push(String::from_utf8_lossy(prefix).into_owned());
                    }
                    None => return Err(protocol(format!("unexpected line: '{}'", shown(&line)))),
                },
            }
        }
        let mut refs = self.matching_refs(&request).await?;
        let head = self.head(&refs).await?;
        if request.is_peeled {
            peel_all(&self.repository.objects, &mut refs).await?;
        }
        if request.matches("HEAD") {
            self.write_head(&request, &head);
        }
        for found in &refs {
            let mut line = format!("{} {}", found.id, found.name.as_str());
            if let Some(target) = found.symbolic.as_ref().filter(|_| request.has_symrefs) {
                line += &format!(" symref-target:{}", target.as_str());
            }
            if request.is_peeled
                && let Peeled::To(peeled) = found.peeled
            {
                line += &format!(" peeled:{peeled}");
            }
            self.lines.write_line(format_args!("{line}"));
            self.lines.flush_if_large().await?;
        }
        self.lines.write_flush();
        Ok(())
    }

    fn write_head(&mut self, request: &LsRefs, head: &AdvertisedHead) {
        let target = match &head.head {
            Head::Symbolic(target) if request.has_symrefs => {
                format!(" symref-target:{}", target.as_str())
            }
            _ => String::new(),
        };
        match head.id {
            Some(id) => self.lines.write_line(format_args!("{id} HEAD{target}")),
            None if request.has_unborn && !target.is_empty() => {
                self.lines.write_line(format_args!("unborn HEAD{target}"));
            }
            None => {}
        }
    }

    async fn matching_refs(&mut self, request: &LsRefs) -> Result<Vec<Ref>, WireError> {
        let prefixes: Vec<&str> = request
            .prefixes
            .iter()
            .map(String::as_str)
            .filter(|prefix| prefix.starts_with("refs/") || "refs/".starts_with(prefix))
            .collect();
        if prefixes.is_empty() && !request.prefixes.is_empty() {
            return Ok(Vec::new());
        }
        let repository = self.repository;
        self.look(async { Ok(repository.refs.list_whole(&prefixes).await?) }).await
    }

    async fn object_info(&mut self, mut arguments: Arguments) -> Result<(), WireError> {
        let mut has_size = false;
        let mut ids = Vec::new();
        while let Some(line) = self.argument(&mut arguments).await? {
            match line.strip_prefix(b"oid ") {
                Some(hex) => ids.push(parse_id(&String::from_utf8_lossy(hex), &line)?),
                None if line == b"size" => has_size = true,
                None => return Err(protocol(format!("unexpected line: '{}'", shown(&line)))),
            }
        }
        if !has_size {
            self.lines.write_flush();
            return Ok(());
        }
        let objects = &self.repository.objects;
        self.look(async { Ok(objects.packs().await.map(drop)?) }).await?;
        self.lines.write_line(format_args!("size"));
        for id in ids {
            let size = match objects.contains(&id).await? {
                true => objects.header(&id).await?.1.to_string(),
                false => String::new(),
            };
            self.lines.write_line(format_args!("{id} {size}"));
            self.lines.flush_if_large().await?;
        }
        self.lines.write_flush();
        Ok(())
    }
}

/// The arguments of a command, as far as they were read.
#[derive(Debug)]
pub(super) struct Arguments {
    is_over: bool,
}

/// What a client asks of the refs.
#[derive(Clone, Debug, Default)]
struct LsRefs {
    is_peeled: bool,
    has_symrefs: bool,
    has_unborn: bool,
    prefixes: Vec<String>,
}

impl LsRefs {
    fn matches(&self, name: &str) -> bool {
        self.prefixes.is_empty()
            || self.prefixes.iter().any(|prefix| name.starts_with(prefix.as_str()))
    }
}
