// A folder that the user has picked, to read: it may hold what the native store or stock git keeps there.

import type { ByteRange, Page, Store, Value } from "#core";
import { StoreError } from "../error.js";
import { compareKeys } from "../key.js";
import { entriesOf, fileAt, PLAIN, refused, segmentsOf } from "./walk.js";

export interface FolderOptions {
  /**
   * What the keys of the folder's files begin with, as in `trunks/app.trunk/` for the folder of one
   * repository. Nothing for a folder that holds a whole store.
   */
  below?: string;
}

/** A folder of this machine. Nothing can be written to it. */
export class Folder implements Store {
  readonly #root: FileSystemDirectoryHandle;
  readonly #below: string;

  constructor(root: FileSystemDirectoryHandle, { below = "" }: FolderOptions = {}) {
    this.#root = root;
    this.#below = below;
  }

  async get(key: string, range?: ByteRange): Promise<Value | undefined> {
    if (!key.startsWith(this.#below)) return undefined;
    const segments = segmentsOf(key.slice(this.#below.length));
    try {
      const file = await (await fileAt(this.#root, segments))?.getFile();
      if (!file) return undefined;
      const part = range ? file.slice(range.start, range.end) : file;
      const bytes = new Uint8Array(await part.arrayBuffer());
      return { bytes, sizeBytes: file.size, version: `${file.lastModified}-${file.size}` };
    } catch (error) {
      throw refused(key, "read", error);
    }
  }

  async list(prefix: string, after: string | undefined, limit: number): Promise<Page> {
    const below = this.#below;
    // Keys that all come before, or all after, what is here.
    if (!prefix.startsWith(below) && !below.startsWith(prefix)) return { entries: [], more: false };
    if (after !== undefined && !after.startsWith(below) && compareKeys(after, below) > 0)
      return { entries: [], more: false };
    const inside = prefix.startsWith(below) ? prefix.slice(below.length) : "";
    const from = after?.startsWith(below) ? after.slice(below.length) : undefined;
    try {
      const found = await entriesOf(this.#root, PLAIN, inside, from, limit + 1);
      const entries = found.slice(0, limit).map((entry) => ({ ...entry, key: below + entry.key }));
      return { entries, more: found.length > limit };
    } catch (error) {
      throw refused(prefix, "list", error);
    }
  }

  async put(key: string): Promise<string> {
    throw readOnly(key);
  }

  async delete(key: string): Promise<void> {
    throw readOnly(key);
  }

  async uploadStart(key: string): Promise<string> {
    throw readOnly(key);
  }

  async uploadPart(upload: string): Promise<string> {
    throw readOnly(upload);
  }

  async uploadFinish(upload: string): Promise<string> {
    throw readOnly(upload);
  }

  async uploadAbort(): Promise<void> {}
}

function readOnly(key: string): StoreError {
  return new StoreError("denied", key, "a folder is only read here");
}
