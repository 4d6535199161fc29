// A store in a directory, that the native store and stock git may read and write at the same time.
//
// A key is the path of a file below the root, and what stands there is a plain bare repository. A value is
// replaced as git does it: it is written to a temporary file, which is linked to `<key>.lock`, compared
// under that lock, and renamed. Packs and loose objects need no lock: they are linked or renamed into place.
// Names that last are fsynced; so is what they name, but for what is derived from the rest.
//
// The native store holds its temporary files by `flock`, which Node lacks, and takes those that nobody
// holds for left behind. So this store's are in a directory of their own, and say who made them.

import { mkdir } from "node:fs/promises";
import { resolve } from "node:path";
import type { ByteRange, Expected, Page, Store, Value } from "#core";
import { failed, StoreError } from "../error.js";
import { refused } from "./failure.js";
import { list } from "./list.js";
import { writablePlace, placeOf, type Place } from "./place.js";
import { get } from "./read.js";
import { remove } from "./remove.js";
import { Sharings } from "./sharing.js";
import { sweep, Temporary } from "./temporary.js";
import { install, put, writeAt } from "./write.js";

const PART_BYTES = 8 * 1024 * 1024;

interface Upload {
  place: Place;
  temporary: Temporary;
}

/** A store in a directory. */
export class Disk implements Store {
  /** The directory. */
  readonly root: string;
  #uploads = new Map<string, Upload>();
  #nextUpload = 1;
  /** Directories of temporary files that this store has swept. */
  #swept = new Set<string>();
  #sharings = new Sharings();

  /** The store in `root`. Touches nothing: where there is no directory, it is empty and cannot be written. */
  constructor(root: string) {
    this.root = resolve(root);
  }

  /** Makes the directory `root`, if it is not there yet, and opens the store in it. */
  static async create(root: string): Promise<Disk> {
    const disk = new Disk(root);
    await mkdir(disk.root, { recursive: true }).catch((error: unknown) => {
      throw refused("", "make the directory", disk.root, error);
    });
    return disk;
  }

  async get(key: string, range?: ByteRange): Promise<Value | undefined> {
    return get(placeOf(this.root, key), range);
  }

  async put(key: string, bytes: Uint8Array, expected: Expected): Promise<string> {
    return put(await this.#writable(key), bytes, expected);
  }

  async delete(key: string, expected: Expected): Promise<void> {
    // A repository whose `config` is damaged can be deleted all the same.
    return remove(await this.#prepared(key, () => {}), expected);
  }

  async list(prefix: string, after: string | undefined, limit: number): Promise<Page> {
    return list(this.root, prefix, after, limit);
  }

  async uploadStart(key: string): Promise<string> {
    const place = await this.#writable(key);
    const temporary = await Temporary.create(place);
    const upload = `${this.#nextUpload++}:${key}`;
    this.#uploads.set(upload, { place, temporary });
    return upload;
  }

  async uploadPart(upload: string, number: number, bytes: Uint8Array): Promise<string> {
    const { place, temporary } = this.#upload(upload);
    if (!(number >= 1) || bytes.length > PART_BYTES) {
      const wanted = `parts are counted from 1 and hold ${PART_BYTES} bytes`;
      throw failed(place.key, `part ${number} of ${bytes.length} bytes: ${wanted}`);
    }
    await writeAt(place, temporary, bytes, (number - 1) * PART_BYTES);
    return `${number}:${bytes.length}`;
  }

  async uploadFinish(upload: string, parts: string[], expected: Expected): Promise<string> {
    const { place, temporary } = this.#upload(upload);
    this.#uploads.delete(upload);
    try {
      await temporary.file.truncate(sizeOf(place, parts)).catch((error: unknown) => {
        throw refused(place.key, "write", place.path, error);
      });
      return await install(place, temporary, expected);
    } finally {
      await temporary.discard();
    }
  }

  async uploadAbort(upload: string): Promise<void> {
    const open = this.#uploads.get(upload);
    this.#uploads.delete(upload);
    await open?.temporary.discard();
  }

  #upload(upload: string): Upload {
    const open = this.#uploads.get(upload);
    if (open) return open;
    throw new StoreError("failed", upload, "this upload was finished or aborted");
  }

  /** The place of a key that is to be written. */
  async #writable(key: string): Promise<Place> {
    return this.#prepared(key, (error) => {
      throw error;
    });
  }

  /**
   * The place of a key, with who shares it; what the dead have left there is removed once.
   *
   * `untold`: told why it cannot be known who shares it.
   */
  async #prepared(key: string, untold: (error: unknown) => void): Promise<Place> {
    const place = writablePlace(this.root, key);
    await this.#sharings.tell(place).catch(untold);
    if (!this.#swept.has(place.temporaries)) {
      this.#swept.add(place.temporaries);
      await sweep(place);
    }
    return place;
  }
}

/** The length of all parts together, if they are 1, 2, 3… and only the last one is short. */
function sizeOf(place: Place, parts: string[]): number {
  let sizeBytes = 0;
  parts.forEach((part, before) => {
    const [number, length] = part.split(":").map(Number);
    if (number !== before + 1 || sizeBytes !== before * PART_BYTES || !Number.isInteger(length)) {
      throw failed(place.key, "the parts are not whole or not in order");
    }
    sizeBytes += length ?? 0;
  });
  return sizeBytes;
}
