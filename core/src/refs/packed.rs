//! The `packed-refs` file: reading it, finding in it, and rewriting it.

use super::{Peeled, RefError};
use crate::{object::ObjectId, sort, sorted::BTreeMap};
use alloc::{borrow::ToOwned, format, string::String, vec::Vec};

/// A `packed-refs` file, held as its bytes.
///
/// Lines that are well-formed but name no valid ref are kept and never given out as refs by those
/// who check names.
#[derive(Clone, Debug)]
pub(crate) struct PackedRefs {
    bytes: Vec<u8>,
    /// Where each ref's line begins; sorted by the refs' names.
    lines: Vec<u32>,
    traits: Traits,
}

/// One ref of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PackedRef<'p> {
    /// Its name, as it stands there.
    pub(crate) name: &'p [u8],
    /// The object that it names.
    pub(crate) id: ObjectId,
    /// What the file says of its tags.
    pub(crate) peeled: Peeled,
}

/// Changes to a file by ref name: a new value, or `None` to take the ref out.
pub(crate) type Changes = BTreeMap<String, Option<(ObjectId, Peeled)>>;

/// Whether someone is collecting loose refs to write them into the file.
///
/// It stands in the header as one more word, which git passes over. Who deletes a loose ref and
/// finds it there must rewrite the file, so that the packer, whose compare-and-swap then fails, does
/// not bring the ref back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packing {
    /// Nobody is.
    Idle,
    /// Someone is, or was and went away.
    UnderWay,
}

#[derive(Clone, Copy, Debug)]
struct Traits {
    peeled: bool,
    fully_peeled: bool,
    packing: Packing,
}

const HEADER: &[u8] = b"# pack-refs with:";
const PACKING: &[u8] = b"packing";

impl PackedRefs {
    /// A file without refs.
    pub(crate) fn empty() -> Self {
        let traits = Traits { peeled: true, fully_peeled: true, packing: Packing::Idle };
        Self { bytes: Vec::new(), lines: Vec::new(), traits }
    }

    /// Reads the file stored at `key`.
    ///
    /// # Errors
    /// `Corrupt`: a line that git would not take either.
    ///
    /// # Source
    /// git-pack-refs(1); the header's words are those of git's own files
    pub(crate) fn parse(key: &str, bytes: Vec<u8>) -> Result<Self, RefError> {
        let corrupt = |offset: usize| RefError::Corrupt {
            key: key.to_owned(),
            reason: format!("the line at byte {offset} is not one of packed refs"),
        };
        if u32::try_from(bytes.len()).is_err() {
            let reason = "it is larger than 4 GiB".to_owned();
            return Err(RefError::Corrupt { key: key.to_owned(), reason });
        }
        let mut traits = Traits { peeled: false, fully_peeled: false, packing: Packing::Idle };
        let mut lines = Vec::new();
        let mut offset = 0;
        for line in bytes.split_inclusive(|&byte| byte == b'\n') {
            let text = line.strip_suffix(b"\n").ok_or_else(|| corrupt(offset))?;
            if let Some(words) = text.strip_prefix(HEADER).filter(|_| offset == 0) {
                traits = Traits::parse(words);
            } else if let Some(hex) = text.strip_prefix(b"^") {
                if lines.is_empty() || ObjectId::from_hex(hex).is_err() {
                    return Err(corrupt(offset));
                }
            } else {
                split_line(text).ok_or_else(|| corrupt(offset))?;
                lines.push(offset as u32);
            }
            offset += line.len();
        }
        let mut packed = Self { bytes, lines, traits };
        packed.sort();
        Ok(packed)
    }

    /// All refs, sorted by name.
    pub(crate) fn iter(&self) -> impl Iterator<Item = PackedRef<'_>> {
        self.lines.iter().filter_map(|&start| self.at(start))
    }

    /// The refs whose names begin with `prefix`, sorted by name.
    pub(crate) fn below<'p>(&'p self, prefix: &'p [u8]) -> impl Iterator<Item = PackedRef<'p>> {
        let first = self.lines.partition_point(|&start| self.name_at(start) < prefix);
        let lines = self.lines.get(first..).unwrap_or_default();
        lines
            .iter()
            .filter_map(|&start| self.at(start))
            .take_while(move |entry| entry.name.starts_with(prefix))
    }

    /// The ref called `name`.
    pub(crate) fn find(&self, name: &str) -> Option<PackedRef<'_>> {
        let name = name.as_bytes();
        let index = self.lines.binary_search_by(|&start| self.name_at(start).cmp(name)).ok()?;
        self.at(*self.lines.get(index)?)
    }

    /// Whether someone is packing refs.
    pub(crate) fn packing(&self) -> Packing {
        self.traits.packing
    }

    /// The bytes of the file with `changes` made to it, as git would write it.
    pub(crate) fn rewrite(&self, changes: &Changes, packing: Packing) -> Vec<u8> {
        let mut body = Vec::with_capacity(self.bytes.len());
        let mut known = Traits { peeled: true, fully_peeled: true, packing };
        let mut changes = changes.iter().peekable();
        let mut entries = self.iter().peekable();
        loop {
            let entry = match (entries.peek(), changes.peek()) {
                (None, None) => break,
                (Some(entry), Some((name, _))) if entry.name < name.as_bytes() => entries.next(),
                (Some(_), None) => entries.next(),
                (old, Some((name, _))) => {
                    if old.is_some_and(|entry| entry.name == name.as_bytes()) {
                        entries.next();
                    }
                    changes.next().and_then(|(name, change)| {
                        let (id, peeled) = (*change)?;
                        Some(PackedRef { name: name.as_bytes(), id, peeled })
                    })
                }
            };
            let Some(entry) = entry else { continue };
            entry.write(&mut body);
            if entry.peeled == Peeled::Unknown {
                known.fully_peeled = false;
                known.peeled &= !entry.name.starts_with(b"refs/tags/");
            }
        }
        let mut bytes = known.header();
        bytes.append(&mut body);
        bytes
    }

    fn sort(&mut self) {
        let mut lines = core::mem::take(&mut self.lines);
        if !lines.is_sorted_by_key(|&start| self.name_at(start)) {
            sort::stable_by(&mut lines, |&a, &b| self.name_at(a).cmp(self.name_at(b)));
        }
        self.lines = lines;
    }

    fn text_at(&self, start: u32) -> &[u8] {
        let rest = self.bytes.get(start as usize..).unwrap_or_default();
        rest.split(|&byte| byte == b'\n').next().unwrap_or_default()
    }

    fn name_at(&self, start: u32) -> &[u8] {
        self.text_at(start).get(ObjectId::HEX + 1..).unwrap_or_default()
    }

    fn at(&self, start: u32) -> Option<PackedRef<'_>> {
        let text = self.text_at(start);
        let (id, name) = split_line(text)?;
        let next = self.text_at(start.checked_add(text.len() as u32)?.checked_add(1)?);
        let peeled = match next.strip_prefix(b"^") {
            Some(hex) => Peeled::To(ObjectId::from_hex(hex).ok()?),
            None if self.traits.knows(name) => Peeled::NoTag,
            None => Peeled::Unknown,
        };
        Some(PackedRef { name, id, peeled })
    }
}

impl PackedRef<'_> {
    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(format!("{} ", self.id).as_bytes());
        bytes.extend_from_slice(self.name);
        bytes.push(b'\n');
        if let Peeled::To(id) = self.peeled {
            bytes.extend_from_slice(format!("^{id}\n").as_bytes());
        }
    }
}

impl Traits {
    fn parse(words: &[u8]) -> Self {
        let has = |word: &[u8]| words.split(|&byte| byte == b' ').any(|each| each == word);
        let packing = if has(PACKING) { Packing::UnderWay } else { Packing::Idle };
        Self { peeled: has(b"peeled"), fully_peeled: has(b"fully-peeled"), packing }
    }

    /// Whether a ref of that name has no tag to peel when the file shows none.
    fn knows(&self, name: &[u8]) -> bool {
        self.fully_peeled || self.peeled && name.starts_with(b"refs/tags/")
    }

    fn header(&self) -> Vec<u8> {
        let mut header = HEADER.to_vec();
        if self.peeled {
            header.extend_from_slice(b" peeled");
        }
        if self.fully_peeled {
            header.extend_from_slice(b" fully-peeled");
        }
        header.extend_from_slice(b" sorted");
        if self.packing == Packing::UnderWay {
            header.push(b' ');
            header.extend_from_slice(PACKING);
        }
        header.extend_from_slice(b" \n");
        header
    }
}

fn split_line(text: &[u8]) -> Option<(ObjectId, &[u8])> {
    let (hex, rest) = text.split_at_checked(ObjectId::HEX)?;
    let name = rest.strip_prefix(b" ").filter(|name| !name.is_empty())?;
    Some((ObjectId::from_hex(hex).ok()?, name))
}

#[cfg(test)]
mod tests;
