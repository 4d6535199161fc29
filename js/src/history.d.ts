
/** What makes a tag an object of its own. */
export interface Annotation {
  tagger: Person;
  message: string;
}

/** How far down a walk goes: what lies in the directory itself, or all below it. */
export type Depth = "directory" | "whole";

export interface WalkOptions {
  /** The directory to begin at; empty for the root. */
  path: string;
  depth: Depth;
  /** The path of the last entry of the page before. */
  after?: Uint8Array;
  /** At most so many entries, and never more than 10,000. */
  limit: number;
}

/** What a walk came to. */
export interface WalkEntry {
  /** From the root of the revision, in whatever encoding its names were made. */
  path: Uint8Array;
  mode: number;
  id: string;
}

export interface WalkPage {
  /** In git's order: a directory comes before what it holds. */
  entries: WalkEntry[];
  /** Whether others follow. */
  more: boolean;
}

export interface LogOptions {
  /** Only commits that changed what lies at this path; empty for all. */
  path: string;
  /** The last commit of the page before. */
  after?: string;
  /** So many of the commits that would be given are passed over first. */
  skip?: number;
  /** At most so many commits, and never more than 10,000. */
  limit: number;
}

/** What a commit says. What is not UTF-8 in it is replaced. */
export interface CommitInfo {
  id: string;
  tree: string;
  parents: string[];
  author: Person;
  committer: Person;
  message: string;
}

export interface LogPage {
  /** Newest first. */
  commits: CommitInfo[];
  /** Whether others follow. With a path it says that history goes on, which may come to nothing. */
  more: boolean;
}

export interface ChangeOptions {
  /** Only the file or directory at this path; empty for all. */
  path: string;
  /** The path of the last change of the page before. */
  after?: Uint8Array;
  /** At most so many changes, and never more than 10,000. */
  limit: number;
  /** Whether to look for files that only moved, which are found where all changes are on one page. */
  renames: boolean;
}

/**
 * In which way two trees differ at a path. `modified`: another content or another mode; `type-changed`:
 * it was a file, and is a link or a submodule, or the like; `renamed`: it lay at another path.
 */
export type ChangeKind = "added" | "removed" | "modified" | "type-changed" | "renamed";

/** What one of two trees has at a path. */
export interface Side {
  mode: number;
  id: string;
}

/** A file, link or submodule that is not the same in two trees. */
export interface TreeChange {
  kind: ChangeKind;
  /** Where it lies in the new tree; of one that is removed, in the old one. */
  path: Uint8Array;
  /** Where one that moved was before. */
  oldPath?: Uint8Array;
  old?: Side;
  new?: Side;
}

export interface ChangePage {
  /** By path. */
  changes: TreeChange[];
  /** Whether others follow. */
  more: boolean;
}

/** `too-large`: at least one of the files has more than 4 MiB or 200,000 lines. */
export type DiffKind = "text" | "binary" | "too-large";

/** Lines that differ, and those around them. */
export interface Hunk {
  /** The first line in the old file, from 1; where the hunk has none of its lines, the one before. */
  oldStart: number;
  oldLines: number;
  newStart: number;
  newLines: number;
  /** The lines as a patch has them: behind a space those of both files, behind `-` and `+` those of one. */
  text: Uint8Array;
}

/** What differs between two files. */
export interface FileDiff {
  kind: DiffKind;
  /** None, if the files are the same or not compared. */
  hunks: Hunk[];
}
