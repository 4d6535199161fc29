
export interface CreateOptions {
  /** Without `refs/heads/`. */
  defaultBranch: string;
  /** Whether `info/refs` and `objects/info/packs` are kept for static file servers. */
  isStatic: boolean;
  /** A random UUID. */
  id: string;
}

/** The branch that `HEAD` follows, in full, which may not exist yet; or the commit that it names. */
export type Head = { symbolic: string } | { detached: string };

/** What a repository is like. */
export interface RepositoryInfo {
  /** A UUID that marks it across stores; empty where it was made by stock git. */
  id: string;
  head: Head;
  /** Whether `info/refs` and `objects/info/packs` are kept for static file servers. */
  isStatic: boolean;
  /** Whether all may read it, over a door that asks others for a token. */
  isPublic: boolean;
}

export interface Listing {
  head: Head;
  /** Sorted by name. */
  refs: Reference[];
  /** Refs among them that cannot be read: for each, its key and what is wrong with it. */
  broken: string[];
}

export interface Reference {
  name: string;
  id: string;
  /** The object at the end of a chain of annotated tags, where known. */
  peeled?: string;
  /** The target of a symbolic ref. */
  symbolic?: string;
}

export interface RefUpdate {
  name: string;
  old: OldValue;
  /** Nothing deletes. */
  new?: string;
}

/** What a ref must be at before it is moved. */
export type OldValue = "any" | "absent" | { is: string };

/** What lies at a path. */
export interface FileStat {
  /** The blob or tree; for a submodule, the other repository's commit. */
  id: string;
  /** As in a tree: 0o100644, 0o100755, 0o120000, 0o40000, 0o160000. */
  mode: number;
  /** The whole file's length; of a directory or a submodule, 0. */
  sizeBytes: number;
}

export interface File extends FileStat {
  /** The bytes that were asked for. */
  bytes: Uint8Array;
}

/** An entry of a directory. */
export interface TreeEntry {
  /** Its name, in whatever encoding it was made. */
  name: Uint8Array;
  mode: number;
  id: string;
}

export interface CommitRequest {
  /** In full: `refs/heads/main`. */
  branch: string;
  /** The commit that the branch must be at; nothing when the branch must not exist yet. */
  parent?: string;
  changes: Change[];
  author: Person;
  committer: Person;
  message: string;
}

/**
 * A change of one path. What is removed goes first, whatever the order. At most one of the fields beside
 * the path is given; without any, what is there is removed.
 */
export interface Change {
  path: string;
  /** What is to be there. */
  content?: Blob;
  /** What lay at this path, a file or a directory, is to be there, and is removed where it lay. */
  movedFrom?: string;
  /** What lies at this path, a file or a directory, is to be there. */
  copiedFrom?: string;
}

export interface Blob {
  /** As in a tree: 0o100644, 0o100755, 0o120000. */
  mode: number;
  bytes: Uint8Array;
}

export interface Person {
  name: string;
  email: string;
  /** Seconds since 1970. */
  timeS: number;
  /** How far their clock is ahead of UTC. */
  zoneMinutes: number;
}

/** A commit that was made on a branch wherever that was. */
export interface Applied {
  id: string;
  /** Where the branch was. */
  parent?: string;
}

/** What every method rejects with. */
export interface TrunksError extends Error {
  name: "TrunksError";
  /** By what the caller can do about it. */
  code:
    | "not-found"
    | "exists"
    | "invalid"
    | "conflict"
    | "corrupt"
    | "too-large"
    | "refused"
    | "disconnected"
    | "unavailable"
    | "denied"
    | "failed";
}
