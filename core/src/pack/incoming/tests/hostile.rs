//! Packs that were made to do harm.
