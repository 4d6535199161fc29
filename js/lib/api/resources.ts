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
}

export interface Branch {
  object: "branch";
  name: string;
  commit: string;
}

export interface Tag {
  object: "tag";
  name: string;
  /** The object that the ref names: of an annotated tag, the tag itself. */
  id: string;
  /** What it tags, of an annotated tag where that is known. */
  commit: string;
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

/** One change of a commit. What is removed and renamed goes first, whatever the order. */
export type Change =
  | { write: string; content: string | Uint8Array; mode?: "100644" | "100755" | "120000" }
  | { remove: string }
  | { rename: string; to: string };

/** What a commit is made of. */
export interface NewCommit extends InRepo {
  /** Without `refs/heads/`; the default branch, if nothing is said. It is made if it is not there. */
  branch?: string;
  message: string;
  changes: Change[];
  author?: Author;
  committer?: Author;
  /**
   * The commit that the branch must be at, `null` when it must not be there yet. If nothing is said, the
   * commit is made on whatever is there, and again if somebody else was first and changed other files.
   */
  parent?: string | null;
}

export interface MadeCommit {
  object: "commit";
  id: string;
  branch: string;
  parents: string[];
  message: string;
}
