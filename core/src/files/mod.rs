//! Revisions and paths, reading a file.

pub mod commit;
