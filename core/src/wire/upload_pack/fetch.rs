//! Version 2's `fetch` command.

use super::{
    Server, WireError,
    common::Common,
    negotiate::not_our_ref,
    protocol, refused,
    request::{Request, parse_id},
    shown,
    v2::Arguments,
};
use crate::{
    at_once::join_all,
    exchange::Exchange,
    object::ObjectId,
    odb::{Objects, ReadError},
    refs::RefName,
    repository::Repository,
    sort,
    sorted::BTreeMap,
    store::Store,
    wire::sideband::SideBand,
};
use alloc::{format, string::String, vec::Vec};

/// How many objects are looked up at once.
const LOOKUPS_IN_FLIGHT: usize = 32;

/// A `fetch` command.
#[derive(Clone, Debug, Default)]
struct Fetch {
    request: Request,
    haves: Vec<ObjectId>,
    is_done: bool,
    waits_for_done: bool,
}

impl<S: Store + Clone, E: Exchange> Server<'_, '_, S, E> {
    /// Serves one `fetch` command.
    ///
    /// # Source
    /// gitprotocol-v2(5), "fetch"
    pub(super) async fn fetch(&mut self, arguments: Arguments) -> Result<(), WireError> {
        let mut fetch = self.read_fetch(arguments).await?;
        let objects = &self.repository.objects;
        self.look(check_stored(objects, &fetch.request.wants)).await?;
        let has_wants = !fetch.request.wants.is_empty();
        if !has_wants && !fetch.waits_for_done {
            return Ok(());
        }
        let mut common = Common::default();
        if !fetch.haves.is_empty() && !self.acknowledge(&fetch, &mut common).await? {
            self.lines.write_flush();
            return Ok(());
        }
        let ends = self.ends(&fetch.request).await?;
        if fetch.request.deepen.is_asked() || !fetch.request.client_shallow.is_empty() {
            self.lines.write_line(format_args!("shallow-info"));
            self.write_ends(&ends).await?;
            self.lines.write_delim();
        }
        if !fetch.request.wanted_refs.is_empty() {
            self.lines.write_line(format_args!("wanted-refs"));
            for (name, id) in &fetch.request.wanted_refs {
                self.lines.write_line(format_args!("{id} {}", name.as_str()));
                self.lines.flush_if_large().await?;
            }
            self.lines.write_delim();
        }
        self.lines.write_line(format_args!("packfile"));
        self.side_band = SideBand::Large;
        fetch.request.wants.extend(&ends.wants);
        self.send_pack(&fetch.request, &common.ids, &ends.cut).await?;
        self.lines.write_flush();
        Ok(())
    }

    async fn read_fetch(&mut self, mut arguments: Arguments) -> Result<Fetch, WireError> {
        let mut fetch = Fetch::default();
        let mut names = Vec::new();
        while let Some(line) = self.argument(&mut arguments).await? {
            let request = &mut fetch.request;
            match &line[..] {
                b"done" => fetch.is_done = true,
                b"wait-for-done" => fetch.waits_for_done = true,
                b"thin-pack" => request.is_thin = true,
                b"ofs-delta" => request.has_ofs_delta = true,
                b"no-progress" => request.is_without_progress = true,
                b"include-tag" => request.wants_tags = true,
                b"deepen-relative" => request.deepen.is_relative = true,
                _ => {
                    let text = String::from_utf8_lossy(&line);
                    if let Some(hex) = text.strip_prefix("want ") {
                        request.wants.push(parse_id(hex, &line)?);
                    } else if let Some(hex) = text.strip_prefix("have ") {
                        fetch.haves.push(parse_id(hex, &line)?);
                    } else if let Some(name) = text.strip_prefix("want-ref ") {
                        names.push(RefName::new(name).map_err(|_| unknown_ref(name))?);
                    } else if !request.take_line(&line)? {
                        return Err(protocol(format!("unexpected line: '{}'", shown(&line))));
                    }
                }
            }
        }
        let repository = self.repository;
        fetch.request.wanted_refs = self.look(find_refs(repository, names)).await?;
        fetch.request.wants.extend(fetch.request.wanted_refs.iter().map(|(_, id)| *id));
        Ok(fetch)
    }

    /// Answers what the client has; false when it is to go on telling.
    async fn acknowledge(&mut self, fetch: &Fetch, common: &mut Common) -> Result<bool, WireError> {
        let objects = &self.repository.objects;
        common.note(objects, &fetch.haves).await?;
        if fetch.is_done {
            return Ok(true);
        }
        self.lines.write_line(format_args!("acknowledgments"));
        for id in &common.ids {
            self.lines.write_line(format_args!("ACK {id}"));
            self.lines.flush_if_large().await?;
        }
        if common.ids.is_empty() {
            self.lines.write_line(format_args!("NAK"));
        }
        if !fetch.waits_for_done && common.suffices(objects, &fetch.request.wants).await? {
            self.lines.write_line(format_args!("ready"));
            self.lines.write_delim();
            return Ok(true);
        }
        Ok(false)
    }
}

/// What refs name that are wanted by name: git's clients want all so.
async fn find_refs<S: Store + Clone>(
    repository: &Repository<S>,
    names: Vec<RefName>,
) -> Result<Vec<(RefName, ObjectId)>, WireError> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let prefixes: Vec<&str> = names.iter().map(RefName::as_str).collect();
    let listed = repository.refs.list(&prefixes).await?;
    let known: BTreeMap<&RefName, ObjectId> =
        listed.iter().map(|found| (&found.name, found.id)).collect();
    let mut found = Vec::with_capacity(names.len());
    for name in names {
        let id = match known.get(&name) {
            Some(id) => Some(*id),
            // `HEAD` is not below `refs/`.
            None => repository.refs.find(&name).await?.map(|found| found.id),
        };
        let id = id.ok_or_else(|| unknown_ref(name.as_str()))?;
        found.push((name, id));
    }
    Ok(found)
}

/// Any object may be wanted that is stored: clients of partial clones fetch single ones.
async fn check_stored<S: Store>(objects: &Objects<S>, wants: &[ObjectId]) -> Result<(), WireError> {
    let mut sorted: Vec<ObjectId> = wants.to_vec();
    sort::unstable(&mut sorted);
    sorted.dedup();
    for ids in sorted.chunks(LOOKUPS_IN_FLIGHT) {
        let found = join_all(ids.iter().map(|id| objects.contains(id))).await;
        for (id, is_stored) in ids.iter().zip(found) {
            if !is_stored? {
                return Err(match objects.explain(ReadError::Missing { id: *id }).await {
                    ReadError::Missing { .. } => not_our_ref(id),
                    error => error.into(),
                });
            }
        }
    }
    Ok(())
}

fn unknown_ref(name: &str) -> WireError {
    refused(format!("unknown ref {name}"))
}
