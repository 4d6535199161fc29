// Deleting a value.

import { unlink } from "node:fs/promises";
import type { Expected } from "#core";
import { prune, pruneHeadless, sync } from "./directory.js";
import { isAbsence, refused } from "./failure.js";
import { Lock } from "./lock.js";
import { lost, type Place } from "./place.js";
import { isAsExpected } from "./read.js";
import { Temporary } from "./temporary.js";

/** Removes the value at `place`, and the directories that it leaves empty. */
export async function remove(place: Place, expected: Expected): Promise<void> {
  if (!(await isAsExpected(place, expected))) throw lost(place);
  if (!(await wasRemoved(place, expected))) return;
  await sync(place.directory).catch((error: unknown) => {
    if (!isAbsence(error)) throw refused(place.key, "sync", place.directory, error);
  });
  // What cannot be removed stays: it is invisible.
  await prune(place, (trunk) => withHeadLocked(place, trunk)).catch(() => {});
}

/** Whether there was something to remove. */
async function wasRemoved(place: Place, expected: Expected): Promise<boolean> {
  if (expected === "any") {
    if (place.kind === "object") return removeFile(place);
    if (await isAsExpected(place, "absent")) return false;
  } else if (expected === "absent" || "absentBeside" in expected) {
    // It held, so there is nothing to do.
    return false;
  }
  const temporary = await Temporary.create(place);
  try {
    // Git takes the lock to delete, too.
    return await Lock.during(place, temporary, async () => {
      if (!(await isAsExpected(place, expected))) throw lost(place);
      return removeFile(place);
    });
  } finally {
    await temporary.discard();
  }
}

async function removeFile(place: Place): Promise<boolean> {
  try {
    await unlink(place.path);
    return true;
  } catch (error) {
    if (isAbsence(error)) return false;
    throw refused(place.key, "delete", place.path, error);
  }
}

/** Prunes a repository under the lock of its `HEAD`: so nobody makes it anew meanwhile. */
async function withHeadLocked(place: Place, trunk: string): Promise<boolean> {
  const head: Place = { ...place, path: `${trunk}/HEAD`, directory: trunk, kind: "head" };
  const temporary = await Temporary.create(head);
  try {
    return await Lock.during(head, temporary, () => pruneHeadless(place, trunk));
  } finally {
    await temporary.discard();
  }
}
