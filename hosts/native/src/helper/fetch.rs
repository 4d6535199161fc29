//! The short way of a clone: stored packs become local ones, or one that the core makes of them.

use super::{
    HelperError,
    git::{IndexPack, Indexed, Meter},
    local::LocalRepository,
    options::Options,
    progress::Progress,
    temporary::TemporaryDir,
    transfer::{Download, Tail, download, hex},
};
use crate::component::{Exchange, Guest, StoredPack};
use futures_util::future::try_join;
use std::{
    collections::HashSet,
    fs,
    io::{self, Cursor},
    path::Path,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};
use tokio::io::AsyncWrite;
use trunks_core::{
    object::ObjectId,
    repository::{Layout, RefListing, RepoName},
    store::Store,
    wire::{Session, UploadOptions, Version},
};

/// More packs than this are not copied: the clone should not inherit what the store's upkeep has
/// left undone.
pub const MOST_PACKS: usize = 50;

/// What a fetch has brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// The file that keeps the pack until the refs are written.
    pub lock: Option<String>,
    /// Whether everything that the wanted objects reach is known to be there.
    pub is_connected: bool,
}

/// Whether copying the store's packs gives what was asked for and nothing else: every ref is
/// wanted, and all objects are in a fair number of packs.
pub async fn packs_to_copy<S: Store>(
    core: &Guest,
    store: &S,
    name: &RepoName,
    listing: &RefListing,
    wants: &HashSet<ObjectId>,
) -> Result<Option<Vec<StoredPack>>, HelperError> {
    if listing.refs.iter().any(|found| !wants.contains(&found.id)) {
        return Ok(None);
    }
    let shallow = Layout::new(name).shallow();
    let (is_packed, shallow) =
        try_join(is_packed(store, name), async { Ok(store.get(&shallow, Some(0..0)).await?) })
            .await?;
    // Where history is cut off the core says so.
    if !is_packed || shallow.is_some() {
        return Ok(None);
    }
    let packs = core.packs(name).await?;
    Ok((1..=MOST_PACKS).contains(&packs.len()).then_some(packs))
}

/// Whether the repository's objects are all in packs of its own: none is loose, none borrowed.
async fn is_packed<S: Store>(store: &S, name: &RepoName) -> Result<bool, HelperError> {
    const ENTRIES: u32 = 1000;
    let prefix = Layout::new(name).objects_prefix();
    let page = store.list(&prefix, None, ENTRIES).await?;
    let mut paths = page.entries.iter().filter_map(|entry| entry.key.strip_prefix(&prefix));
    let is_loose = |path: &str| !path.starts_with("pack/") && !path.starts_with("info/");
    Ok(!page.more && !paths.any(|path| is_loose(path) || path == "info/alternates"))
}

/// Lays packs and their idx into the local repository, each checked against its checksum and the
/// idx against its pack.
pub async fn copy_packs<S: Store>(
    store: &S,
    packs: &[StoredPack],
    local: &LocalRepository,
    options: &Options,
) -> Result<Fetched, HelperError> {
    let dir = TemporaryDir::new(local.objects()).map_err(HelperError::local(local.objects()))?;
    // All idx come first: they are small, and say how many objects there are.
    let idx = packs.iter().enumerate().map(|(number, pack)| Download {
        key: pack.idx_key.clone(),
        size_bytes: pack.idx_bytes,
        path: dir.path().join(format!("{number}.idx")),
    });
    let mut objects = Counts::default();
    let idx: Vec<Download> = idx.collect();
    let idx_tails = download(store, &idx, |file, bytes| objects.read(file, bytes)).await?;
    let pack = packs.iter().enumerate().map(|(number, pack)| Download {
        key: pack.pack_key.clone(),
        size_bytes: pack.pack_bytes,
        path: dir.path().join(format!("{number}.pack")),
    });
    let pack: Vec<Download> = pack.collect();
    let total_bytes = packs.iter().map(|pack| pack.pack_bytes).sum::<u64>().max(1);
    let total = objects.total();
    let mut bytes = 0;
    let mut progress = Progress::new("Receiving objects", total, is_shown(options));
    let pack_tails = download(store, &pack, |_, piece| {
        bytes += piece.len() as u64;
        let done = u128::from(total) * u128::from(bytes) / u128::from(total_bytes);
        progress.update(done as u64, bytes);
    })
    .await?;
    progress.finish(bytes);
    for ((pack, pack_tail), idx_tail) in packs.iter().zip(&pack_tails).zip(&idx_tails) {
        if idx_tail.before != pack_tail.checksum {
            let (idx, pack) = (pack.idx_key.clone(), pack.pack_key.clone());
            return Err(HelperError::WrongIdx { idx, pack });
        }
    }
    install(dir.path(), &pack_tails, local)?;
    Ok(Fetched { lock: None, is_connected: true })
}

/// Moves the files to where git finds them, every pack before its idx.
fn install(dir: &Path, packs: &[Tail], local: &LocalRepository) -> Result<(), HelperError> {
    let target = local.objects().join("pack");
    fs::create_dir_all(&target).map_err(HelperError::local(&target))?;
    for (number, pack) in packs.iter().enumerate() {
        for extension in ["pack", "idx"] {
            let file = target.join(format!("pack-{}.{extension}", hex(&pack.checksum)));
            fs::rename(dir.join(format!("{number}.{extension}")), &file)
                .map_err(HelperError::local(&file))?;
        }
    }
    Ok(())
}

/// How many objects each idx counts, picked from its bytes as they pass.
#[derive(Default)]
struct Counts(Vec<u32>);

impl Counts {
    /// Where an idx of version 2 says how many objects there are: its fan-out's last entry.
    const COUNT_AT: usize = 8 + 255 * 4;

    /// The first piece of a file holds it.
    fn read(&mut self, file: usize, bytes: &[u8]) {
        if file == self.0.len() {
            let count = bytes.get(Self::COUNT_AT..Self::COUNT_AT + 4);
            let count = count.and_then(|count| count.try_into().ok()).map_or(0, u32::from_be_bytes);
            self.0.push(count);
        }
    }

    fn total(&self) -> u64 {
        self.0.iter().copied().map(u64::from).sum()
    }
}

/// Has the core pack what is wanted, less what `haves` reach, and git index it as it comes.
pub async fn index_pack(
    core: &Guest,
    name: &RepoName,
    wants: &HashSet<ObjectId>,
    haves: &[ObjectId],
    options: &Options,
) -> Result<Fetched, HelperError> {
    let meter = if is_shown(options) { Meter::Shown } else { Meter::Hidden };
    let answer = Arc::new(Mutex::new(PackAnswer {
        pending: Vec::new(),
        is_pack: false,
        meter,
        pack: Some(IndexPack::start(meter)?),
    }));
    let wire =
        UploadOptions { version: Version::V2, session: Session::Request, agent: super::agent() };
    let request = Cursor::new(fetch_request(wants, haves, options));
    let client = Exchange::new(request, AnswerWriter(answer.clone()));
    let served = core.upload_pack(name, &wire, client).await;
    let pack = answer.lock().unwrap_or_else(PoisonError::into_inner).pack.take();
    // Waits for git even when the core has failed: its words come before ours.
    let indexed = pack.expect("only this line takes it").finish();
    served?;
    let Indexed { checksum, is_connected } = indexed?;
    Ok(Fetched { lock: Some(checksum), is_connected })
}

/// # Source
/// gitprotocol-v2(5), "fetch"
fn fetch_request(wants: &HashSet<ObjectId>, haves: &[ObjectId], options: &Options) -> Vec<u8> {
    let mut request = Vec::new();
    line(&mut request, "command=fetch\n");
    request.extend_from_slice(b"0001");
    line(&mut request, "ofs-delta\n");
    if !haves.is_empty() {
        line(&mut request, "thin-pack\n");
    }
    if options.follow_tags {
        line(&mut request, "include-tag\n");
    }
    if !is_shown(options) {
        line(&mut request, "no-progress\n");
    }
    for want in wants {
        line(&mut request, &format!("want {want}\n"));
    }
    for have in haves {
        line(&mut request, &format!("have {have}\n"));
    }
    line(&mut request, "done\n");
    request.extend_from_slice(b"0000");
    request
}

fn line(request: &mut Vec<u8>, text: &str) {
    request.extend_from_slice(format!("{:04x}{text}", text.len() + 4).as_bytes());
}

/// The answer to a fetch: a pack on band 1, words for the user on band 2, an error on band 3.
struct PackAnswer {
    /// The beginning of a pkt-line whose end has not come yet.
    pending: Vec<u8>,
    is_pack: bool,
    meter: Meter,
    pack: Option<IndexPack>,
}

/// What the core writes an answer to.
struct AnswerWriter(Arc<Mutex<PackAnswer>>);

impl AsyncWrite for AnswerWriter {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let mut answer = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Poll::Ready(answer.take(bytes).map(|()| bytes.len()).map_err(io::Error::other))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl PackAnswer {
    /// Takes the next bytes of the answer; an error ends the conversation.
    fn take(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.pending.extend_from_slice(bytes);
        let pending = std::mem::take(&mut self.pending);
        let mut rest = pending.as_slice();
        while let Some(length) = line_length(rest)? {
            if rest.len() < length {
                break;
            }
            let (line, after) = rest.split_at(length);
            self.line(&line[4.min(length)..])?;
            rest = after;
        }
        self.pending = rest.to_vec();
        Ok(())
    }

    fn line(&mut self, line: &[u8]) -> Result<(), String> {
        if !self.is_pack {
            self.is_pack = line == b"packfile\n";
            return match line.strip_prefix(b"ERR ") {
                Some(reason) => Err(String::from_utf8_lossy(reason).trim_end().to_owned()),
                None => Ok(()),
            };
        }
        match line.split_first() {
            Some((1, data)) => match &mut self.pack {
                Some(pack) => pack.write(data).map_err(|error| error.to_string()),
                None => Ok(()),
            },
            Some((2, words)) if self.meter == Meter::Shown => {
                for words in words.split_inclusive(|byte| matches!(byte, b'\r' | b'\n')) {
                    eprint!("remote: {}", String::from_utf8_lossy(words));
                }
                Ok(())
            }
            Some((3, reason)) => Err(String::from_utf8_lossy(reason).trim_end().to_owned()),
            _ => Ok(()),
        }
    }
}

/// The length of the pkt-line that begins here, special ones too; `None` when more must come first.
fn line_length(bytes: &[u8]) -> Result<Option<usize>, String> {
    let Some(length) = bytes.get(..4) else { return Ok(None) };
    let length = str::from_utf8(length).ok().and_then(|hex| usize::from_str_radix(hex, 16).ok());
    match length {
        Some(length @ 0..=2) => Ok(Some(4.max(length))),
        Some(length) if length >= 4 => Ok(Some(length)),
        _ => Err("the core sent a line of no length".into()),
    }
}

fn is_shown(options: &Options) -> bool {
    options.progress && options.verbosity > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_put_together_however_they_come() {
        let mut answer =
            PackAnswer { pending: Vec::new(), is_pack: false, meter: Meter::Hidden, pack: None };
        let bytes = b"000dpackfile\n0009\x01abcd0008\x02no\n0000";
        for byte in bytes {
            answer.take(&[*byte]).expect("taken");
        }
        assert!(answer.is_pack && answer.pending.is_empty());
        assert_eq!(answer.take(b"000e\x03no such "), Ok(()));
        assert_eq!(answer.take(b"o"), Err("no such o".into()));
    }

    #[test]
    fn errors_of_the_core_are_told() {
        let mut answer =
            PackAnswer { pending: Vec::new(), is_pack: false, meter: Meter::Hidden, pack: None };
        assert_eq!(answer.take(b"000bERR no\n"), Err("no".into()));
        let mut answer = PackAnswer { is_pack: true, ..answer };
        answer.pending.clear();
        assert_eq!(answer.take(b"0009\x03gone"), Err("gone".into()));
        assert!(answer.take(b"zzzz").is_err());
        let mut fresh = PackAnswer { pending: Vec::new(), ..answer };
        assert!(fresh.take(b"0003").is_err());
    }

    #[test]
    fn a_request_asks_for_what_git_asked_for() {
        let wants =
            HashSet::from(["0123456789012345678901234567890123456789".parse().expect("an id")]);
        let options = Options { follow_tags: true, progress: true, ..Options::default() };
        let request = String::from_utf8(fetch_request(&wants, &[], &options)).expect("text");
        assert_eq!(
            request,
            "0012command=fetch\n0001000eofs-delta\n0010include-tag\n\
             0032want 0123456789012345678901234567890123456789\n0009done\n0000"
        );
        let request = fetch_request(&wants, &[], &Options::default());
        assert!(String::from_utf8(request).expect("text").contains("no-progress"));
    }

    #[test]
    fn counts_come_from_the_fan_out() {
        let mut idx = vec![0; 1100];
        idx[1028..1032].copy_from_slice(&7_u32.to_be_bytes());
        let mut counts = Counts::default();
        counts.read(0, &idx);
        counts.read(0, &[255; 2000]);
        counts.read(1, &idx);
        counts.read(2, b"short");
        assert_eq!(counts.total(), 14);
    }
}
