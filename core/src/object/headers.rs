//! The headers that commits and tags begin with.

use alloc::vec::Vec;

/// One header of a commit or tag, as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header<'o> {
    /// All of it: name, space and value, without the last newline.
    pub lines: &'o [u8],
    /// Its name, such as `parent` or `gpgsig`.
    pub name: &'o [u8],
    /// Its value without the last newline; later lines of it still begin with their space.
    pub value: &'o [u8],
}

impl Header<'_> {
    /// The value with its lines as they were before they were folded.
    pub fn unfolded(&self) -> Vec<u8> {
        let mut value = Vec::with_capacity(self.value.len());
        for (number, line) in self.value.split(|&byte| byte == b'\n').enumerate() {
            if number > 0 {
                value.push(b'\n');
            }
            value.extend_from_slice(if number > 0 {
                line.get(1..).unwrap_or_default()
            } else {
                line
            });
        }
        value
    }
}

/// Iterator over the headers of a commit or tag; ends at the empty line.
#[derive(Clone, Debug)]
pub struct Headers<'o> {
    rest: &'o [u8],
}

impl<'o> Headers<'o> {
    pub(super) fn new(object: &'o [u8]) -> Self {
        Self { rest: object }
    }

    /// What follows the headers read so far; the message, once all were read.
    pub(super) fn rest(&self) -> &'o [u8] {
        self.rest.strip_prefix(b"\n").unwrap_or(self.rest)
    }

    /// Takes the next header if it has this name.
    pub(super) fn take_named(&mut self, name: &[u8]) -> Option<&'o [u8]> {
        let mut ahead = self.clone();
        let header = ahead.next().filter(|header| header.name == name)?;
        *self = ahead;
        Some(header.value)
    }
}

impl<'o> Iterator for Headers<'o> {
    type Item = Header<'o>;

    fn next(&mut self) -> Option<Header<'o>> {
        if self.rest.is_empty() || self.rest.starts_with(b"\n") {
            return None;
        }
        let mut end = line_end(self.rest, 0);
        while self.rest.get(end + 1) == Some(&b' ') {
            end = line_end(self.rest, end + 1);
        }
        let (lines, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest.get(1..).unwrap_or_default();
        let space = lines.iter().position(|&byte| byte == b' ').unwrap_or(lines.len());
        let (name, value) = lines.split_at_checked(space)?;
        Some(Header { lines, name, value: value.get(1..).unwrap_or_default() })
    }
}

/// Where the line ends that `start` is in: at its newline or the end of `bytes`.
fn line_end(bytes: &[u8], start: usize) -> usize {
    let line = bytes.get(start..).unwrap_or_default();
    line.iter().position(|&byte| byte == b'\n').map_or(bytes.len(), |length| start + length)
}

/// Appends a header, its value folded.
pub(super) fn write(object: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    object.extend_from_slice(name);
    for line in value.split(|&byte| byte == b'\n') {
        object.push(b' ');
        object.extend_from_slice(line);
        object.push(b'\n');
    }
}
