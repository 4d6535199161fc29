//! Revisions and paths, reading a file.
