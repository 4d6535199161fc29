//! Thin packs.
