// Directories, which keys know nothing of: made when a key needs them, removed when none does.

import { lstat, mkdir, open, readdir, rmdir, stat } from "node:fs/promises";
import { posix } from "node:path";
import { failed } from "../error.js";
import { is, isAbsence, refused } from "./failure.js";
import { TEMPORARIES, type Place } from "./place.js";
import { adjustDirectory } from "./sharing.js";

/** How often a race with someone who removes a directory while we fill it is run again. */
export const ATTEMPTS = 64;

/** Whether a directory is at `path`. */
export async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** Makes `directory`, which lies below the root, and what is missing in between; never the root itself. */
export async function make(place: Place, directory: string): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    try {
      return await makeBelow(place, directory);
    } catch (error) {
      if (is(error, "ENOENT") && (await isDirectory(place.root))) continue;
      if (is(error, "ENOENT")) {
        const advice = "make it, or mount what belongs there";
        throw failed(place.key, `the store's directory ${place.root} does not exist: ${advice}`);
      }
      if (is(error, "ENOTDIR", "EEXIST")) {
        const where = `a file stands where the directory ${directory} is needed`;
        throw failed(place.key, `${where}: remove one or choose another name`);
      }
      throw refused(place.key, "make the directory", directory, error);
    }
  }
  throw failed(place.key, `the directory ${directory} is removed again and again`);
}

async function makeBelow(place: Place, directory: string): Promise<void> {
  const { root } = place;
  if (directory === root) {
    if (await isDirectory(root)) return;
    throw Object.assign(new Error("no such directory"), { code: "ENOENT" });
  }
  try {
    await makeOne(place, directory);
  } catch (error) {
    if (!is(error, "ENOENT")) throw error;
    await makeBelow(place, posix.dirname(directory));
    await makeOne(place, directory);
  }
}

async function makeOne(place: Place, directory: string): Promise<void> {
  try {
    await mkdir(directory);
  } catch (error) {
    if (!is(error, "EEXIST")) throw error;
    // "No entry" where one was there and is gone again.
    const found = await stat(directory).catch(async (absence: unknown) => {
      const isDangling = await lstat(directory).then(
        (link) => link.isSymbolicLink(),
        () => false,
      );
      throw isDangling ? error : absence;
    });
    if (!found.isDirectory()) throw error;
    return;
  }
  await adjustDirectory(place, directory);
  await sync(posix.dirname(directory));
}

/** Makes the names in `directory` survive a power cut. */
export async function sync(directory: string): Promise<void> {
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } catch (error) {
    // Some filesystems cannot do it to directories, and say so.
    if (!is(error, "EINVAL", "EPERM")) throw error;
  } finally {
    await handle.close();
  }
}

/** Makes the directories without which git does not take the place for a repository. */
export async function makeSkeleton(place: Place): Promise<void> {
  if (!place.trunk) return;
  await make(place, `${place.trunk}/refs/heads`);
  await make(place, `${place.trunk}/objects/pack`);
}

/** Removes `directory` and the directories below it, if there is no file among them; whether it is gone. */
export async function removeEmpty(directory: string): Promise<boolean> {
  let entries;
  try {
    entries = await readdir(directory, { withFileTypes: true });
  } catch (error) {
    if (is(error, "ENOENT")) return true;
    if (isAbsence(error)) return false;
    throw error;
  }
  for (const entry of entries) {
    if (!entry.isDirectory() || !(await removeEmpty(`${directory}/${entry.name}`))) return false;
  }
  try {
    await rmdir(directory);
  } catch (error) {
    if (is(error, "ENOTEMPTY", "EEXIST")) return false;
    if (!is(error, "ENOENT")) throw error;
  }
  return true;
}

/** Removes empty directories from `directory` upwards, `top` excluded. */
export async function climb(directory: string, top: string): Promise<void> {
  while (directory !== top && directory.startsWith(`${top}/`)) {
    try {
      await rmdir(directory);
    } catch {
      return;
    }
    directory = posix.dirname(directory);
  }
}

/**
 * Removes the directories that the deletion of `place` has left empty: in a repository only below
 * `refs/heads`, `refs/tags` and their like, as git does. Of one that has no `HEAD` any more, all of it,
 * where `withoutHead` says that nobody is about to make it anew.
 */
export async function prune(place: Place, withoutHead: (trunk: string) => Promise<boolean>): Promise<void> {
  const { trunk } = place;
  if (!trunk) {
    await climb(place.directory, place.root);
    await climb(place.temporaries, place.root);
    return;
  }
  const hasHead = await lstat(`${trunk}/HEAD`).then(
    () => true,
    () => false,
  );
  if (hasHead) {
    const kind = /^\/refs\/[^/]+/.exec(place.directory.slice(trunk.length))?.[0];
    if (kind) await climb(place.directory, trunk + kind);
    return;
  }
  if (await withoutHead(trunk)) {
    await removeEmpty(`${trunk}/${TEMPORARIES}`).catch(() => false);
    await climb(trunk, `${place.root}/trunks`);
  }
}

/** Removes what is empty in a repository whose `HEAD` is locked and gone; whether nothing else is left. */
export async function pruneHeadless(place: Place, trunk: string): Promise<boolean> {
  if (
    await lstat(`${trunk}/HEAD`).then(
      () => true,
      () => false,
    )
  )
    return false;
  await climb(place.directory, trunk);
  for (const entry of await readdir(trunk, { withFileTypes: true })) {
    if (entry.name === TEMPORARIES || entry.name === "HEAD.lock") continue;
    if (!entry.isDirectory() || !(await removeEmpty(`${trunk}/${entry.name}`))) return false;
  }
  return true;
}
