// Git's lock of a file: `<file>.lock`, made exclusively.

import { lstat, open, rename, unlink } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { failed, StoreError } from "../error.js";
import { ATTEMPTS, make, removeEmpty } from "./directory.js";
import { hasNoLinks, is, isMissingDirectory, refused } from "./failure.js";
import { LOCK, type Place } from "./place.js";
import { sweep, type Temporary } from "./temporary.js";

/** How long one and the same lock of someone else is waited for. */
const ONE_LOCK_MS = 5_000;
/** How long a file is waited for that others lock again and again. */
const BUSY_MS = 60_000;
const LONGEST_PAUSE_MS = 50;
/** From this pause on, whoever holds the lock may well be dead. */
const SUSPICION_MS = 4;

/** Who in this process waits for each lock: they take turns, and meet only others at the file. */
const turns = new Map<string, Promise<unknown>>();

/** The lock of a place, held. */
export class Lock {
  private constructor(
    private readonly place: Place,
    private readonly temporary: Temporary,
    private readonly path: string,
    private readonly isLinked: boolean,
  ) {}

  /**
   * Does `work` with the lock of `place`, which is waited for. `temporary`: the value to be, whose other
   * name the lock is.
   */
  static async during<T>(place: Place, temporary: Temporary, work: (lock: Lock) => Promise<T>): Promise<T> {
    const before = turns.get(place.path) ?? Promise.resolve();
    const turn = before.then(async () => {
      const lock = await Lock.#acquire(place, temporary);
      try {
        return await work(lock);
      } finally {
        await lock.#release();
      }
    });
    const done = turn.catch(() => {});
    turns.set(place.path, done);
    try {
      return await turn;
    } finally {
      if (turns.get(place.path) === done) turns.delete(place.path);
    }
  }

  #isHeld = true;

  static async #acquire(place: Place, temporary: Temporary): Promise<Lock> {
    const path = place.path + LOCK;
    const wait = new Wait(place, path);
    for (let attempts = 0; ;) {
      try {
        return new Lock(place, temporary, path, await take(temporary, path));
      } catch (error) {
        if (is(error, "EEXIST")) {
          await wait.pause();
        } else if (attempts++ < ATTEMPTS && isMissingDirectory(error)) {
          await make(place, place.directory);
        } else {
          throw refused(place.key, "make the lock", path, error);
        }
      }
    }
  }

  /** Makes the temporary file the value at the place, and gives the lock up. */
  async replace(): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      try {
        if (!this.isLinked) return await this.temporary.rename(this.place.path);
        await rename(this.path, this.place.path);
        this.#isHeld = false;
        return;
      } catch (error) {
        if (!is(error, "EISDIR", "ENOTEMPTY", "EEXIST")) throw this.#refused("write", error);
        // Git leaves empty directories behind.
        const isGone = await removeEmpty(this.place.path).catch((why: unknown) => {
          throw this.#refused("remove the empty directory", why);
        });
        if (!isGone) break;
      }
    }
    const { key, path } = this.place;
    const advice = "is in the way and holds files: remove them or choose another name";
    throw failed(key, `the directory ${path} ${advice}`);
  }

  async #release(): Promise<void> {
    if (this.#isHeld) await unlink(this.path).catch(() => {});
    this.#isHeld = false;
  }

  #refused(action: string, error: unknown): StoreError {
    return refused(this.place.key, action, this.place.path, error);
  }
}

/** Makes the lock; whether it is one more name of the temporary file, or an empty file for want of links. */
async function take(temporary: Temporary, path: string): Promise<boolean> {
  try {
    await temporary.link(path);
    return true;
  } catch (error) {
    if (!hasNoLinks(error)) throw error;
    await (await open(path, "wx")).close();
    return false;
  }
}

/** The wait for someone else's lock. */
class Wait {
  #started = performance.now();
  /** The lock that was last met, and since when. */
  #met = "";
  #since = 0;
  #pauseMs = 1;

  constructor(
    private readonly place: Place,
    private readonly path: string,
  ) {}

  async pause(): Promise<void> {
    const { key } = this.place;
    let found;
    try {
      found = await lstat(this.path, { bigint: true });
    } catch (error) {
      if (is(error, "ENOENT")) return;
      throw refused(key, "look at", this.path, error);
    }
    const now = performance.now();
    const identity = `${found.ino}-${found.ctimeNs}`;
    if (identity !== this.#met) [this.#met, this.#since] = [identity, now];
    if (this.#pauseMs >= SUSPICION_MS) await sweep(this.place, this.path);
    if (now - this.#since >= ONE_LOCK_MS) {
      const held = `${this.path} has been held for ${ONE_LOCK_MS / 1000} s`;
      const advice = "if no git or trunks process is running there, remove it and try again";
      throw failed(key, `${held}: ${advice}`);
    }
    if (now - this.#started >= BUSY_MS) {
      throw new StoreError("unavailable", key, `others have kept ${this.path} for ${BUSY_MS / 1000} s`);
    }
    // Between half a pause and a whole one, so that those who wait do not march in step.
    await sleep(this.#pauseMs * (0.5 + Math.random() / 2));
    this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS);
  }
}
