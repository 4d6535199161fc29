//! Inflate and deflate, in the one place that knows how they are computed.

use alloc::{boxed::Box, vec, vec::Vec};
use core::fmt;
use miniz_oxide::{
    deflate::core::{
        CompressorOxide, TDEFLFlush, TDEFLStatus, compress_to_output,
        create_comp_flags_from_zip_params,
    },
    inflate::{
        TINFLStatus,
        core::{
            DecompressorOxide, TINFL_LZ_DICT_SIZE, decompress,
            inflate_flags::{
                TINFL_FLAG_HAS_MORE_INPUT, TINFL_FLAG_PARSE_ZLIB_HEADER,
                TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF,
            },
        },
    },
};

/// How far back deflated data may point, in bytes.
const WINDOW_BYTES: usize = TINFL_LZ_DICT_SIZE;
/// Inflated bytes are produced into a buffer of this size that begins with the window.
const BUFFER_BYTES: usize = 4 * WINDOW_BYTES;
/// No deflated byte gives more inflated ones than this.
const HIGHEST_RATIO: u64 = 1032;

/// Inflates a zlib stream of any length piece by piece.
pub struct Inflate {
    engine: Box<DecompressorOxide>,
    buffer: Vec<u8>,
    filled: usize,
    flags: u32,
}

/// What one step of [`Inflate`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// How much of the input it took, in bytes.
    pub consumed: usize,
    /// Whether the stream is at its end and its checksum was right.
    pub is_done: bool,
}

impl Inflate {
    /// Begins a stream.
    pub fn new() -> Self {
        Self { engine: Box::default(), buffer: vec![0; BUFFER_BYTES], filled: 0, flags: FLAGS }
    }

    /// Begins a stream without zlib's header and checksum, as in gzip.
    pub fn raw() -> Self {
        Self { flags: FLAGS & !TINFL_FLAG_PARSE_ZLIB_HEADER, ..Self::new() }
    }

    /// Begins another stream with the same memory.
    pub fn reset(&mut self) {
        self.engine.init();
        self.filled = 0;
    }

    /// Inflates from `input` and appends at most `room` bytes to `output`.
    ///
    /// A step that takes all input wants more of it; one that is not done and takes less has used
    /// up the room. With no room left it still takes what ends the stream.
    pub fn step(
        &mut self,
        input: &[u8],
        output: &mut Vec<u8>,
        room: usize,
    ) -> Result<Step, ZlibError> {
        let mut consumed = 0;
        let mut room = room;
        loop {
            self.slide();
            let start = self.filled;
            let end = self.buffer.len().min(start.saturating_add(room));
            let rest = input.get(consumed..).unwrap_or_default();
            let target = self.buffer.get_mut(..end).unwrap_or_default();
            let (status, taken, made) =
                decompress(&mut self.engine, rest, target, start, self.flags);
            self.filled += made;
            output.extend_from_slice(self.buffer.get(start..self.filled).unwrap_or_default());
            consumed += taken;
            room -= made;
            match status {
                TINFLStatus::Done => return Ok(Step { consumed, is_done: true }),
                TINFLStatus::HasMoreOutput if room > 0 => {}
                TINFLStatus::HasMoreOutput | TINFLStatus::NeedsMoreInput => {
                    return Ok(Step { consumed, is_done: false });
                }
                _ => return Err(ZlibError::Corrupt),
            }
        }
    }

    /// Makes space behind the window when the buffer is full.
    fn slide(&mut self) {
        if self.filled == self.buffer.len() {
            let window = self.filled.saturating_sub(WINDOW_BYTES);
            self.buffer.copy_within(window.., 0);
            self.filled -= window;
        }
    }
}

impl Default for Inflate {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Inflate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inflate").finish_non_exhaustive()
    }
}

const FLAGS: u32 = TINFL_FLAG_PARSE_ZLIB_HEADER
    | TINFL_FLAG_HAS_MORE_INPUT
    | TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;

/// Inflates zlib streams whose inflated length is known, straight into their buffer.
pub struct InflateExact {
    engine: Box<DecompressorOxide>,
}

impl InflateExact {
    /// Makes one; it serves any number of streams, one after the other.
    pub fn new() -> Self {
        Self { engine: Box::default() }
    }

    /// Begins a stream that gives exactly `size_bytes`. Allocates that much: check it first.
    pub fn begin(&mut self, size_bytes: usize) -> Filling<'_> {
        self.engine.init();
        Filling { engine: &mut self.engine, data: vec![0; size_bytes], filled: 0, is_done: false }
    }
}

impl Default for InflateExact {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for InflateExact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InflateExact").finish_non_exhaustive()
    }
}

/// A buffer being filled by [`InflateExact`].
pub struct Filling<'e> {
    engine: &'e mut DecompressorOxide,
    data: Vec<u8>,
    filled: usize,
    is_done: bool,
}

impl Filling<'_> {
    /// Inflates from the next piece of input.
    ///
    /// # Errors
    /// `Size`: the stream holds more than was declared.
    pub fn feed(&mut self, input: &[u8]) -> Result<Step, ZlibError> {
        let (status, consumed, made) =
            decompress(self.engine, input, &mut self.data, self.filled, FLAGS);
        self.filled += made;
        match status {
            TINFLStatus::Done => {
                self.is_done = true;
                Ok(Step { consumed, is_done: true })
            }
            TINFLStatus::NeedsMoreInput => Ok(Step { consumed, is_done: false }),
            // The engine says so too when the buffer is full and the stream's end is still to come.
            TINFLStatus::HasMoreOutput if consumed == input.len() => {
                Ok(Step { consumed, is_done: false })
            }
            TINFLStatus::HasMoreOutput => Err(ZlibError::Size),
            _ => Err(ZlibError::Corrupt),
        }
    }

    /// Inflates the beginning of a stream that may hold more than there is room for.
    pub(crate) fn feed_start(&mut self, input: &[u8]) -> Result<(), ZlibError> {
        match self.feed(input) {
            Ok(step) if step.is_done && !self.is_full() => Err(ZlibError::Size),
            Err(ZlibError::Size) | Ok(_) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Whether there is no room left.
    pub(crate) fn is_full(&self) -> bool {
        self.filled == self.data.len()
    }

    /// What was inflated so far.
    pub(crate) fn so_far(&self) -> &[u8] {
        self.data.get(..self.filled).unwrap_or_default()
    }

    /// The inflated bytes.
    ///
    /// # Errors
    /// `Truncated`: the input ended too early. `Size`: the stream holds less than was declared.
    pub fn finish(self) -> Result<Vec<u8>, ZlibError> {
        match (self.is_done, self.filled == self.data.len()) {
            (true, true) => Ok(self.data),
            (true, false) => Err(ZlibError::Size),
            (false, _) => Err(ZlibError::Truncated),
        }
    }
}

/// Inflates a zlib stream that is all there, gives exactly `size_bytes` and may be followed by
/// other bytes.
pub fn inflate_exact(input: &[u8], size_bytes: usize) -> Result<Vec<u8>, ZlibError> {
    if size_bytes as u64 / HIGHEST_RATIO > input.len() as u64 {
        return Err(ZlibError::Truncated);
    }
    let mut engine = InflateExact::new();
    let mut filling = engine.begin(size_bytes);
    filling.feed(input)?;
    filling.finish()
}

/// How hard [`Deflate`] tries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Effort {
    /// Not at all: the bytes are stored as they are, for what does not compress.
    Store,
    /// As hard as git does by default.
    #[default]
    Normal,
}

/// Deflates a stream of any length piece by piece.
pub struct Deflate {
    engine: Box<CompressorOxide>,
}

impl Deflate {
    /// Begins a zlib stream.
    pub fn new(effort: Effort) -> Self {
        const ZLIB_WINDOW_BITS: i32 = 15;
        const DEFAULT_STRATEGY: i32 = 0;
        let level = match effort {
            Effort::Store => 0,
            Effort::Normal => 6,
        };
        let flags = create_comp_flags_from_zip_params(level, ZLIB_WINDOW_BITS, DEFAULT_STRATEGY);
        Self { engine: Box::new(CompressorOxide::new(flags)) }
    }

    /// Begins another stream with the same memory.
    pub fn reset(&mut self) {
        self.engine.reset();
    }

    /// Deflates `input` and appends to `output` what is ready.
    pub fn push(&mut self, input: &[u8], output: &mut Vec<u8>) {
        self.run(input, TDEFLFlush::None, output);
    }

    /// Ends the stream and appends the rest of it to `output`. Push to it again only after
    /// [`Deflate::reset`].
    pub fn finish(&mut self, output: &mut Vec<u8>) {
        self.run(&[], TDEFLFlush::Finish, output);
    }

    fn run(&mut self, input: &[u8], flush: TDEFLFlush, output: &mut Vec<u8>) {
        let append = |bytes: &[u8]| {
            output.extend_from_slice(bytes);
            true
        };
        let (status, _) = compress_to_output(&mut self.engine, input, flush, append);
        debug_assert!(matches!(status, TDEFLStatus::Okay | TDEFLStatus::Done), "{status:?}");
    }
}

impl fmt::Debug for Deflate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deflate").finish_non_exhaustive()
    }
}

/// Deflates `data` whole into a zlib stream.
pub fn deflate(data: &[u8]) -> Vec<u8> {
    let mut engine = Deflate::new(Effort::Normal);
    let mut output = Vec::new();
    engine.push(data, &mut output);
    engine.finish(&mut output);
    output
}

/// Why a zlib stream cannot be inflated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ZlibError {
    /// Not a zlib stream, or its checksum is wrong.
    #[error("the deflated data is damaged")]
    Corrupt,
    /// The stream goes on past the end of the input.
    #[error("the deflated data is cut off")]
    Truncated,
    /// The inflated length is not the declared one.
    #[error("the deflated data is not as long as declared")]
    Size,
}

#[cfg(test)]
mod tests;
