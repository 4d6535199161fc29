// Temporary files, and the removal of those whose makers are dead.

import { constants } from "node:fs";
import { link, lstat, open, readdir, rename, rmdir, unlink, type FileHandle } from "node:fs/promises";
import { posix } from "node:path";
import { failed } from "../error.js";
import { ATTEMPTS, make } from "./directory.js";
import { is, isMissingDirectory, refused } from "./failure.js";
import { isOrphan, labelOf, ownName } from "./owner.js";
import { LOCK, type Place } from "./place.js";
import { adjust } from "./sharing.js";

/** Longest label, in bytes, that leaves room in a file name for what stands before it. */
const LABEL_BYTES = 120;

/** A file that is to become a value. */
export class Temporary {
  #isGone = false;

  private constructor(
    readonly path: string,
    readonly file: FileHandle,
  ) {}

  /** Makes an empty file for the value at `place`. */
  static async create(place: Place): Promise<Temporary> {
    const { O_CREAT, O_EXCL, O_RDWR } = constants;
    // As git does: nobody is to change a pack by mistake.
    const mode = place.kind === "object" ? 0o444 : 0o666;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const path = `${place.temporaries}/${ownName(label(place))}`;
      let made;
      try {
        made = new Temporary(path, await open(path, O_CREAT | O_EXCL | O_RDWR, mode));
        await adjust(place, made.file);
        return made;
      } catch (error) {
        await made?.discard();
        if (!isMissingDirectory(error)) throw refused(place.key, "write in", place.temporaries, error);
        await make(place, place.temporaries);
      }
    }
    throw failed(place.key, `no temporary file can be made in ${place.temporaries}`);
  }

  /**
   * Gives the file one more name, unless something has that name. A share whose answer was lost is
   * asked again by the system, and then says that the name is taken: by this very file.
   */
  async link(name: string): Promise<void> {
    try {
      await link(this.path, name);
    } catch (error) {
      if (!is(error, "EEXIST") || !(await this.#isNamed(name))) throw error;
    }
  }

  /** Moves the file to `name`, over whatever is there. */
  async rename(name: string): Promise<void> {
    await rename(this.path, name);
    this.#isGone = true;
  }

  /** Lets the file go, and its name if it has it still. */
  async discard(): Promise<void> {
    if (!this.#isGone) await unlink(this.path).catch(() => {});
    this.#isGone = true;
    await this.file.close().catch(() => {});
    // So that whoever deletes the repository finds its directory empty.
    await rmdir(posix.dirname(this.path)).catch(() => {});
  }

  async #isNamed(name: string): Promise<boolean> {
    const [own, found] = await Promise.all([
      this.file.stat({ bigint: true }),
      lstat(name, { bigint: true }).catch(() => undefined),
    ]);
    return found !== undefined && found.ino === own.ino && found.dev === own.dev;
  }
}

/**
 * Removes the temporary files whose makers are dead, and the locks that are the same files.
 *
 * Each is first made this process's own, by a rename that only one process can win. From then on nobody
 * else may remove the lock that is the same file, so that no lock which came after it is hit.
 *
 * `lock`: one that is waited for, in case its temporary file does not say what it is for.
 */
export async function sweep(place: Place, lock?: string): Promise<void> {
  const names = await readdir(place.temporaries).catch(() => []);
  for (const name of names) {
    if (!isOrphan(name)) continue;
    const own = `${place.temporaries}/${ownName(labelOf(name))}`;
    try {
      await rename(`${place.temporaries}/${name}`, own);
    } catch {
      continue;
    }
    await removeLocks(own, [labelledLock(place, name), lock]);
    await unlink(own).catch(() => {});
  }
}

async function removeLocks(own: string, locks: (string | undefined)[]): Promise<void> {
  const file = await lstat(own, { bigint: true }).catch(() => undefined);
  for (const lock of locks) {
    if (!lock || !file) continue;
    const found = await lstat(lock, { bigint: true }).catch(() => undefined);
    if (found && found.ino === file.ino && found.dev === file.dev) await unlink(lock).catch(() => {});
  }
}

/** The path that a temporary file is for, as one segment; empty if it would be too long. */
function label(place: Place): string {
  const path = place.path
    .slice(home(place).length + 1)
    .replaceAll("%", "%25")
    .replaceAll("/", "%2F");
  return Buffer.byteLength(path) > LABEL_BYTES ? "" : path;
}

/** The lock of the path that a temporary file is for, if it says. */
function labelledLock(place: Place, name: string): string | undefined {
  const path = labelOf(name).replaceAll("%2F", "/").replaceAll("%25", "%");
  return path === "" ? undefined : `${home(place)}/${path}${LOCK}`;
}

function home(place: Place): string {
  return place.trunk ?? place.root;
}
