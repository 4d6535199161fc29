//! The bounds on everything that comes from outside.

/// Longest ref name, in bytes: with a repository's own key it must fit in the keys of every store.
pub const REF_NAME_BYTES: usize = 900;
/// Longest part of a ref name between slashes, in bytes: a filesystem takes 255, and `.lock`.
pub const REF_COMPONENT_BYTES: usize = 250;
/// Longest name of an entry of a tree, in bytes: git's own bound.
pub const TREE_NAME_BYTES: usize = 4096;
/// Most entries, changes or commits in one page, whatever is asked for.
pub const PAGE_ENTRIES: u32 = 10_000;

/// What the core accepts and how much memory it may use. [`Limits::default`] fits in 96 MiB.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Largest object that must be held whole: commits, tags, trees, and bases and results of
    /// deltas. In bytes, inflated.
    pub held_object_bytes: u64,
    /// Largest object at all, in bytes, inflated.
    pub object_bytes: u64,
    /// Largest pack that is accepted, in bytes.
    pub pack_bytes: u64,
    /// Most objects in one pack that is accepted.
    pub pack_objects: u32,
    /// Longest chain of deltas.
    pub delta_depth: u32,
    /// Deepest nesting of trees.
    pub tree_depth: u32,
    /// Longest pkt-line list of wants, haves or commands, in lines.
    pub wire_lines: u32,
    /// Memory for pages of packs and for bases of deltas, in bytes, each.
    pub cache_bytes: usize,
    /// An incoming pack up to this size, in bytes, is kept in memory until it is stored.
    pub spool_bytes: usize,
    /// An idx up to this size, in bytes, is read whole; of a larger one, only what is asked for.
    pub whole_index_bytes: u64,
    /// A file up to this size, in bytes, is read whole and checked before any of it is given out.
    pub whole_file_bytes: u64,
    /// Idx files of this many bytes together are held whole while very many objects are looked up.
    pub held_index_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        const MIB: u64 = 1024 * 1024;
        Self {
            held_object_bytes: 32 * MIB,
            object_bytes: 16 * 1024 * MIB,
            pack_bytes: 64 * 1024 * MIB,
            pack_objects: 50_000_000,
            delta_depth: 4095,
            tree_depth: 2048,
            wire_lines: 2_000_000,
            cache_bytes: 16 * MIB as usize,
            spool_bytes: 8 * MIB as usize,
            whole_index_bytes: 2 * MIB,
            whole_file_bytes: 8 * MIB,
            held_index_bytes: 40 * MIB,
        }
    }
}
