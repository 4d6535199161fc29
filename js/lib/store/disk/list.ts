// Listing keys in the order of their bytes, directory by directory.

import { readdir, stat } from "node:fs/promises";
import type { Entry, Page } from "#core";
import { failed } from "../error.js";
import { compareKeys } from "../key.js";
import { isAbsence, refused } from "./failure.js";
import { LOCK, refuse, TEMPORARIES } from "./place.js";

/**
 * Lists the keys that start with `prefix` and come after `after`. Locks and the store's own temporary
 * files are no keys, nor are names that are not UTF-8.
 */
export async function list(
  root: string,
  prefix: string,
  after: string | undefined,
  limit: number,
): Promise<Page> {
  const at = prefix.lastIndexOf("/") + 1;
  const directory = prefix.slice(0, at);
  for (const segment of directory === "" ? [] : directory.slice(0, -1).split("/")) {
    const reason = refuse(segment);
    if (reason) throw failed(prefix, reason);
  }
  const page: Page = { entries: [], more: false };
  // One frame a directory, each with what is left of its names, the next one last.
  const frames = [await names(root, directory, prefix.slice(at), after)];
  for (let frame; (frame = frames.at(-1));) {
    const key = frame.pop();
    if (key === undefined) {
      frames.pop();
    } else if (key.endsWith("/")) {
      frames.push(await names(root, key, "", after));
    } else {
      const entry = await entryOf(root, key);
      if (!entry) continue;
      if (page.entries.length >= limit) {
        page.more = true;
        break;
      }
      page.entries.push(entry);
    }
  }
  return page;
}

/**
 * The keys of `directory` (empty, or ending in a slash) whose last segments begin with `start`, last
 * first. Directories end in a slash: so they sort where the keys below them belong.
 */
async function names(
  root: string,
  directory: string,
  start: string,
  after: string | undefined,
): Promise<string[]> {
  const path = `${root}/${directory}`;
  const keys: string[] = [];
  try {
    for (const entry of await readdir(path, { withFileTypes: true, encoding: "buffer" })) {
      const name = text(entry.name as unknown as Uint8Array);
      // A lock may be a directory: those who write here by SFTP make such.
      if (name === undefined || !name.startsWith(start) || name === TEMPORARIES || name.endsWith(LOCK)) {
        continue;
      }
      const target = entry.isSymbolicLink() ? await stat(`${path}/${name}`).catch(() => undefined) : entry;
      if (target?.isDirectory()) {
        const key = `${directory}${name}/`;
        const isPassed = after !== undefined && compareKeys(after, key) >= 0 && !after.startsWith(key);
        if (!isPassed) keys.push(key);
      } else if (target?.isFile()) {
        const key = directory + name;
        if (after === undefined || compareKeys(after, key) < 0) keys.push(key);
      }
    }
  } catch (error) {
    if (isAbsence(error)) return [];
    throw refused(directory, "list", path, error);
  }
  return keys.sort((a, b) => compareKeys(b, a));
}

/** The entry for `key`; nothing if it was deleted meanwhile. */
async function entryOf(root: string, key: string): Promise<Entry | undefined> {
  try {
    const { size, mtimeMs } = await stat(`${root}/${key}`);
    return { key, sizeBytes: size, modifiedS: Math.max(0, Math.floor(mtimeMs / 1000)) };
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw refused(key, "look at", `${root}/${key}`, error);
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function text(name: Uint8Array): string | undefined {
  try {
    return utf8.decode(name);
  } catch {
    return undefined;
  }
}
