// Where a key lies as a file, and how it wants to be written.

import { posix } from "node:path";
import { conflict, failed, type StoreError } from "../error.js";
import { refuseSegment } from "../key.js";
import type { Sharing } from "./sharing.js";

/** The directory for temporary files: of a repository, or of the root. */
export const TEMPORARIES = ".trunks-tmp";

/** What git's lock of a file ends with. */
export const LOCK = ".lock";

const SUFFIX = ".trunk/";

/**
 * How a value is written.
 *
 * - `object`: a pack's file or a loose object, named by its content: no lock, read-only
 * - `derived`: can be made again from the rest: not fsynced
 * - `head`: the repository's `HEAD`: git wants some directories next to it
 * - `plain`: anything else
 */
export type Kind = "object" | "derived" | "head" | "plain";

/** A key's place below the root. */
export interface Place {
  key: string;
  path: string;
  root: string;
  directory: string;
  /** The repository's directory, if the key is in one. */
  trunk?: string;
  /** Where this store's temporary files for it go; the native store leaves directories in there alone. */
  temporaries: string;
  kind: Kind;
  /** Who else may use what is made there, where the store has looked and several do. */
  sharing?: Sharing;
}

/** The place of `key`, which is a plain path below `root`. */
export function placeOf(root: string, key: string): Place {
  for (const segment of key.split("/")) {
    const reason = refuse(segment);
    if (reason) throw failed(key, reason);
  }
  const at = key.indexOf(SUFFIX);
  const trunk = at < 0 ? undefined : `${root}/${key.slice(0, at + SUFFIX.length - 1)}`;
  const path = `${root}/${key}`;
  return {
    key,
    path,
    root,
    directory: posix.dirname(path),
    ...(trunk !== undefined && { trunk }),
    temporaries: `${trunk ?? root}/${TEMPORARIES}/node`,
    kind: at < 0 ? "plain" : kindOf(key.slice(at + SUFFIX.length)),
  };
}

/** The place of `key`, which is to be written: not git's lock. */
export function writablePlace(root: string, key: string): Place {
  if (key.endsWith(LOCK)) throw failed(key, "names that end with .lock are git's locks");
  return placeOf(root, key);
}

/** Why a segment cannot be part of a key; nothing if it can. */
export function refuse(segment: string): string | undefined {
  return segment === TEMPORARIES ? "this directory is the store's own" : refuseSegment(segment);
}

/** The error of a conditional write that was not first. */
export function lost(place: Place): StoreError {
  return conflict(place.key);
}

/** `tail`: the key below its repository's directory. */
function kindOf(tail: string): Kind {
  if (tail === "HEAD") return "head";
  if (tail === "info/refs" || tail === "objects/info/packs") return "derived";
  return /^objects\/(pack\/pack-|[^/]{2}\/)/.test(tail) ? "object" : "plain";
}
