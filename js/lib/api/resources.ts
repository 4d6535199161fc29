// What calls give and take. What is given has the fields of the command's JSON.

/** One page of a list: the same envelope everywhere. */
export interface List<T> {
  object: "list";
  data: T[];
  limit: number;
  offset: number;
  /** How many there are. Of a history, which is not read to its end, at least how many there are. */
  total_count: number;
  has_more: boolean;
}

/** Which part of a list. */
export interface Window {
  /** At most how many; 20 if nothing is said. */
  limit?: number;
  /** How many are left out before them. */
  offset?: number;
}

/** Which repository; that of the `Trunks`, if nothing is said. */
export interface InRepo {
  repo?: string;
}

/** What is read: a branch, a tag, a ref in full, a commit; the default branch, if nothing is said. */
export interface AtRevision {
  ref?: string;
}

export interface Repo {
  object: "repo";
  name: string;
  /** The branch that is checked out by a clone, without `refs/heads/`; nothing if `HEAD` is detached. */
  default_branch: string | null;
  /** Whether `info/refs` and `objects/info/packs` are kept, so that any static host can serve it. */
  static: boolean;
  /** Whether all may read it, over a door that asks others for a token. */
  public: boolean;
}

export interface Branch {
  object: "branch";
  name: string;
  commit: string;
  /** Whether `HEAD` follows it. */
  default: boolean;
}

export interface Tag {
  object: "tag";
  name: string;
  /** The object that the ref names: of an annotated tag, the tag itself. */
  id: string;
  /** What is tagged. */
  target: string;
}

export interface Signature {
  name: string;
  email: string;
  /** Seconds since 1970. */
  time_s: number;
  /** How far their clock is ahead of UTC. */
  zone_minutes: number;
}

/** What lies at a path. */
export type FileType = "file" | "directory" | "symlink" | "submodule";

export interface FileEntry {
  object: "file";
  path: string;
  name: string;
  type: FileType;
  /** As git writes it: `100644`, `100755`, `120000`, `040000`, `160000`. */
  mode: string;
  id: string;
}

export interface FileStat extends FileEntry {
  /** The whole file's length; of a directory or a submodule, 0. */
  size_bytes: number;
}

export interface FileContent extends FileStat {
  /** The bytes that were asked for. */
  bytes: Uint8Array;
  /** The bytes as text; what is not UTF-8 is replaced. */
  text(): string;
}

/** A person, as given. */
export interface Author {
  name: string;
  email: string;
  /** Now, if nothing is said. */
  time_s?: number;
  zone_minutes?: number;
}

/** One change of a commit. What is removed and moved goes first, whatever the order. */
export type Change =
  | { write: string; content: string | Uint8Array; mode?: "100644" | "100755" | "120000" }
  | { remove: string }
  | { rename: string; to: string }
  | { copy: string; to: string };

/** What a commit is made of. */
export interface NewCommit extends InRepo {
  /** Without `refs/heads/`; the default branch, if nothing is said. It is made if it is not there. */
  branch?: string;
  message: string;
  changes: Change[];
  author?: Author;
  committer?: Author;
  /**
   * The commit that was read before. The commit is made wherever the branch is by now, if what changes is
   * there what it was; else it is a `conflict`. Without it, it is made on whatever is there.
   */
  base?: string;
  /** The commit that the branch must be at, `null` when it must not be there yet. Nothing is tried again. */
  parent?: string | null;
}

export interface MadeCommit {
  object: "commit";
  id: string;
  branch: string;
  parents: string[];
  message: string;
}

export interface Commit {
  object: "commit";
  id: string;
  tree: string;
  parents: string[];
  author: Signature;
  committer: Signature;
  message: string;
}

/** What one of two revisions has at a path. */
export interface Side {
  mode: string;
  id: string;
}

/** A file that is not the same in two revisions. */
export interface FileChange {
  object: "change";
  /** `type-changed`: it was a file, and is a link or a submodule, or the like. */
  kind: "added" | "removed" | "modified" | "type-changed" | "renamed";
  /** Where it lies in the new revision; of one that is removed, in the old one. */
  path: string;
  /** Where one that moved was before. */
  old_path: string | null;
  old: Side | null;
  new: Side | null;
}

/** Lines that differ, and those around them. */
export interface Hunk {
  /** The first line in the old file, from 1; where the hunk has none of its lines, the one before. */
  old_start: number;
  old_lines: number;
  new_start: number;
  new_lines: number;
  /** As a patch has them: behind a space those of both files, behind `-` and `+` those of one. */
  text: string;
}

/** What differs between two files. */
export interface FileDiff {
  object: "diff";
  /** `binary` and `too-large` (4 MiB, 200,000 lines) have no hunks. */
  kind: "text" | "binary" | "too-large";
  hunks: Hunk[];
}
