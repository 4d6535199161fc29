//! The core's hashing and inflating behind plain functions, to be measured in wasm and natively.
//!
//! Not part of the component: a module of its own, which is built when someone measures.

use trunks_core::{
    hash::{Hasher, checked_object_id},
    object::Kind,
    zlib,
};

/// How much each round works on, in bytes.
pub const ROUND_BYTES: usize = 1 << 20;

/// Hashes, as what we made ourselves is hashed.
#[unsafe(no_mangle)]
pub extern "C" fn sha1(rounds: u32) -> u32 {
    let data = text();
    let mut hasher = Hasher::new();
    (0..rounds).for_each(|_| hasher.update(&data));
    u32::from(hasher.finish().as_bytes()[0])
}

/// Hashes, as what comes from outside is hashed.
#[unsafe(no_mangle)]
pub extern "C" fn sha1_checked(rounds: u32) -> u32 {
    let data = text();
    let hash = |_| checked_object_id(Kind::Blob, &data).map_or(0, |id| u32::from(id.as_bytes()[0]));
    (0..rounds).map(hash).fold(0, u32::wrapping_add)
}

/// Inflates.
#[unsafe(no_mangle)]
pub extern "C" fn inflate(rounds: u32) -> u32 {
    let deflated = zlib::deflate(&text());
    let inflate =
        |_| zlib::inflate_exact(&deflated, ROUND_BYTES).map_or(0, |data| data.len() as u32);
    (0..rounds).map(inflate).fold(0, u32::wrapping_add)
}

/// Words in a random order: deflates to about a third, as source code does.
fn text() -> Vec<u8> {
    const WORDS: [&str; 8] =
        ["tree ", "commit ", "parent\n", "author ", "    let ", "object", "1c3f", " = "];
    let mut state = 1u64;
    let mut text = Vec::with_capacity(ROUND_BYTES + 8);
    while text.len() < ROUND_BYTES {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        text.extend_from_slice(WORDS[(state >> 61) as usize].as_bytes());
        text.push(b'a' + (state >> 33) as u8 % 26);
    }
    text.truncate(ROUND_BYTES);
    text
}
