//! Reading and writing annotated tags.

use super::{
    Kind, Malformed, ObjectId,
    commit::time_s,
    headers::{self, Headers},
};
use alloc::{format, vec::Vec};

/// An annotated tag, as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag<'t> {
    /// The object that it names.
    pub target: ObjectId,
    /// That object's kind.
    pub target_kind: Kind,
    /// Its own name.
    pub name: &'t [u8],
    /// Who made it: name, email, time and zone, as written; old tags do not say.
    pub tagger: Option<&'t [u8]>,
    /// The message with its signature, as written.
    pub message: &'t [u8],
    raw: &'t [u8],
}

impl<'t> Tag<'t> {
    /// Reads a tag.
    pub fn parse(raw: &'t [u8]) -> Result<Self, Malformed> {
        let mut headers = Headers::new(raw);
        let target = headers
            .take_named(b"object")
            .and_then(|hex| ObjectId::from_hex(hex).ok())
            .ok_or_else(|| malformed("it does not begin with an object"))?;
        let target_kind = headers
            .take_named(b"type")
            .and_then(Kind::from_name)
            .ok_or_else(|| malformed("it does not say the kind of its object"))?;
        let name = headers.take_named(b"tag").ok_or_else(|| malformed("it has no name"))?;
        let tagger = headers.take_named(b"tagger");
        headers.by_ref().for_each(drop);
        Ok(Self { target, target_kind, name, tagger, message: headers.rest(), raw })
    }

    /// All headers, byte for byte.
    pub fn headers(&self) -> Headers<'t> {
        Headers::new(self.raw)
    }

    /// When it was made, in seconds since 1970; 0 when it does not say.
    pub fn tagger_time_s(&self) -> u64 {
        self.tagger.map_or(0, time_s)
    }
}

/// What a new tag is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTag<'t> {
    /// The object that it names.
    pub target: ObjectId,
    /// That object's kind.
    pub target_kind: Kind,
    /// Its own name.
    pub name: &'t [u8],
    /// Who makes it: `name <email> seconds zone`.
    pub tagger: &'t [u8],
    /// The message.
    pub message: &'t [u8],
}

impl NewTag<'_> {
    /// The tag's content.
    pub fn write(&self) -> Vec<u8> {
        let mut tag = Vec::with_capacity(200 + self.message.len());
        headers::write(&mut tag, b"object", format!("{}", self.target).as_bytes());
        headers::write(&mut tag, b"type", self.target_kind.as_str().as_bytes());
        headers::write(&mut tag, b"tag", self.name);
        headers::write(&mut tag, b"tagger", self.tagger);
        tag.push(b'\n');
        tag.extend_from_slice(self.message);
        tag
    }
}

fn malformed(reason: &str) -> Malformed {
    Malformed::new(Kind::Tag, reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_tag_reads_back() {
        let new = NewTag {
            target: ObjectId::EMPTY_TREE,
            target_kind: Kind::Tree,
            name: b"v1",
            tagger: b"T <t@u> 1700000000 +0100",
            message: b"release\n-----BEGIN PGP SIGNATURE-----\n",
        };
        let raw = new.write();
        let tag = Tag::parse(&raw).unwrap();
        assert_eq!((tag.target, tag.target_kind), (new.target, new.target_kind));
        assert_eq!((tag.name, tag.tagger), (new.name, Some(new.tagger)));
        assert_eq!((tag.message, tag.tagger_time_s()), (new.message, 1_700_000_000));
        assert_eq!(tag.headers().count(), 4);
    }

    #[test]
    fn old_tags_have_no_tagger_and_broken_ones_are_refused() {
        let old = b"object 4b825dc642cb6eb9a060e54bf8d69288fbee4904\ntype tree\ntag v0\n\nm";
        assert_eq!(Tag::parse(old).unwrap().tagger, None);
        for length in 0..old.len() {
            assert_eq!(Tag::parse(&old[..length]).is_ok(), length >= 61, "{length}");
        }
        let odd = b"object 4b825dc642cb6eb9a060e54bf8d69288fbee4904\ntype twig\ntag v0\n\nm";
        assert!(Tag::parse(odd).is_err());
    }
}
