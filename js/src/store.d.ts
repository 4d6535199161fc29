/**
 * What storage must do for trunks, and nothing more: `wit/storage.wit` in JavaScript.
 *
 * A flat map from keys to values, each with an opaque version. Keys are `/`-separated paths without
 * a leading slash. A `get` or `list` that starts after a `put` or `delete` has resolved sees its
 * effect, and of several conditional writes that expect the same state at most one succeeds.
 *
 * A method fails by throwing (or rejecting with) a `StoreError`; an error without a known `code`
 * counts as `failed`.
 */
export interface Store {
  /** Reads a value or a range of it; what lies past its end is left out. Nothing when absent. */
  get(key: string, range?: ByteRange): Promise<Value | undefined | null>;
  /** Replaces a value whole, if its present state is as expected. Resolves to the new version. */
  put(key: string, bytes: Uint8Array, expected: Expected): Promise<string>;
  /** Removes a value. With `"any"`, deleting nothing succeeds. */
  delete(key: string, expected: Expected): Promise<void>;
  /** Lists keys that start with `prefix` and are greater than `after`, in byte order of UTF-8. */
  list(prefix: string, after: string | undefined, limit: number): Promise<Page>;
  /** Begins a value that is written in parts; nothing is visible until `uploadFinish`. */
  uploadStart(key: string): Promise<string>;
  /** Writes part `number` (from 1). Every part but the last is 8 MiB. Resolves to its receipt. */
  uploadPart(upload: string, number: number, bytes: Uint8Array): Promise<string>;
  /** Makes the value visible. The upload is spent either way. Resolves to the version. */
  uploadFinish(upload: string, parts: string[], expected: Expected): Promise<string>;
  /** Throws an upload away. Aborting one that is gone succeeds. */
  uploadAbort(upload: string): Promise<void>;
}

/** A half-open range of bytes. */
export interface ByteRange {
  start: number;
  end: number;
}

/** A key and what was seen of it: no version when it was absent. */
export interface Beside {
  key: string;
  version?: string;
}

/**
 * What a conditional write demands: anything, nothing, the value with this version, or nothing while
 * another key is as it was seen. A store that cannot look at two keys at once takes the last for
 * `"absent"`.
 */
export type Expected = "any" | "absent" | { is: string } | { absentBeside: Beside };

/** A value, or the part of it that was asked for. */
export interface Value {
  bytes: Uint8Array;
  /** The whole value's length. */
  sizeBytes: number;
  version: string;
}

export interface Entry {
  key: string;
  sizeBytes: number;
  /** Seconds since 1970, by the store's clock. */
  modifiedS: number;
}

export interface Page {
  entries: Entry[];
  /** Whether keys follow the last entry. */
  more: boolean;
}

/** Why a store did not do what it was asked, by what the caller can do about it. */
export interface StoreError extends Error {
  /**
   * - `conflict`: the key's state is not as expected
   * - `unavailable`: try again; a write may have taken effect
   * - `denied`: the credentials or the rights do not suffice
   * - `failed`: anything that trying again will not mend
   */
  code: "conflict" | "unavailable" | "denied" | "failed";
}
