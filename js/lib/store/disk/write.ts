// Putting a value in place.

import type { Expected } from "#core";
import { failed } from "../error.js";
import { ATTEMPTS, isDirectory, make, makeSkeleton, sync } from "./directory.js";
import { hasNoLinks, is, isMissingDirectory, refused } from "./failure.js";
import { Lock } from "./lock.js";
import { lost, type Place } from "./place.js";
import { isAsExpected, mark } from "./read.js";
import { Temporary } from "./temporary.js";

/** Replaces the value at `place` whole. Resolves to the new version. */
export async function put(place: Place, bytes: Uint8Array, expected: Expected): Promise<string> {
  // Decided again under the lock: this spares a writer that has lost already the work.
  if (!(await isAsExpected(place, expected))) throw lost(place);
  const temporary = await Temporary.create(place);
  try {
    await writeAt(place, temporary, bytes, 0);
    return await install(place, temporary, expected);
  } finally {
    await temporary.discard();
  }
}

/** Writes `bytes` at a position of the file. */
export async function writeAt(
  place: Place,
  temporary: Temporary,
  bytes: Uint8Array,
  position: number,
): Promise<void> {
  try {
    for (let at = 0; at < bytes.length;) {
      const { bytesWritten } = await temporary.file.write(bytes, at, bytes.length - at, position + at);
      at += bytesWritten;
    }
  } catch (error) {
    throw refused(place.key, "write", place.path, error);
  }
}

/** Makes the temporary file, which is written, the value at `place`. Resolves to its version. */
export async function install(place: Place, temporary: Temporary, expected: Expected): Promise<string> {
  let version;
  try {
    // The kernel stamps files with the time of its last tick; a mark wants a finer one.
    const nowS = stampS();
    await temporary.file.utimes(nowS, nowS);
    if (place.kind !== "derived") await temporary.file.sync();
    version = await mark(place, temporary.file, await temporary.file.stat({ bigint: true }));
  } catch (error) {
    throw refused(place.key, "write", place.path, error);
  }
  if (place.kind === "object" && expected === "any") {
    await intoPlace(place, () => temporary.rename(place.path));
  } else if (place.kind === "object" && expected === "absent") {
    await linkObject(place, temporary);
  } else {
    await replaceLocked(place, temporary, expected);
  }
  if (place.kind !== "derived") {
    await sync(place.directory).catch((error: unknown) => {
      throw refused(place.key, "sync", place.directory, error);
    });
  }
  return version;
}

async function replaceLocked(place: Place, temporary: Temporary, expected: Expected): Promise<void> {
  await Lock.during(place, temporary, async (lock) => {
    if (!(await isAsExpected(place, expected))) throw lost(place);
    if (place.kind === "head") await makeSkeleton(place);
    await lock.replace();
  });
}

async function linkObject(place: Place, temporary: Temporary): Promise<void> {
  let isLockable = false;
  await intoPlace(place, async () => {
    try {
      await temporary.link(place.path);
    } catch (error) {
      if (!hasNoLinks(error)) throw error;
      isLockable = true;
    }
  });
  if (isLockable) await replaceLocked(place, temporary, "absent");
}

async function intoPlace(place: Place, step: () => Promise<void>): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    try {
      return await step();
    } catch (error) {
      if (isMissingDirectory(error)) {
        await make(place, place.directory);
        continue;
      }
      const isInTheWay = await isDirectory(place.path);
      if (is(error, "EEXIST") && !isInTheWay) throw lost(place);
      throw refused(place.key, isInTheWay ? "replace the directory" : "write", place.path, error);
    }
  }
  throw failed(place.key, `${place.directory} is removed again and again`);
}

let lastMs = 0;

/** The time in seconds, later than any that was given before. */
function stampS(): number {
  lastMs = Math.max(performance.timeOrigin + performance.now(), lastMs + 0.002);
  return lastMs / 1000;
}
