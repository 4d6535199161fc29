// Reading a file, and the mark of what it holds.

import { createHash } from "node:crypto";
import { constants, type BigIntStats } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import type { ByteRange, Expected, Value } from "#core";
import { isAbsence, refused } from "./failure.js";
import { placeOf, type Place } from "./place.js";

/** Up to this size a value is marked by a hash of its bytes. */
const HASHED_BYTES = 64 * 1024;

/** Reads a value or a range of it. */
export async function get(place: Place, range?: ByteRange): Promise<Value | undefined> {
  return opened(place, async (file, stats) => {
    const sizeBytes = Number(stats.size);
    const end = Math.min(range?.end ?? sizeBytes, sizeBytes);
    const start = Math.min(range?.start ?? 0, end);
    if (!isHashed(place, sizeBytes)) {
      return { bytes: await bytesOf(file, start, end), sizeBytes, version: statMark(stats) };
    }
    const whole = await bytesOf(file, 0, sizeBytes);
    return { bytes: whole.slice(start, end), sizeBytes, version: hashMark(whole) };
  });
}

/**
 * Whether the present value is as expected: for as long as the place's lock is held; without the lock, a
 * moment ago.
 */
export async function isAsExpected(place: Place, expected: Expected): Promise<boolean> {
  if (expected === "any") return true;
  const version = await opened(place, (file, stats) => mark(place, file, stats));
  if (expected === "absent") return version === undefined;
  if ("is" in expected) return version === expected.is;
  const { key, version: seen } = expected.absentBeside;
  const beside = placeOf(place.root, key);
  const unchanged = await isAsExpected(beside, seen === undefined ? "absent" : { is: seen });
  return unchanged && version === undefined;
}

/** The mark of what a file holds. */
export async function mark(place: Place, file: FileHandle, stats: BigIntStats): Promise<string> {
  const sizeBytes = Number(stats.size);
  return isHashed(place, sizeBytes) ? hashMark(await bytesOf(file, 0, sizeBytes)) : statMark(stats);
}

function isHashed(place: Place, sizeBytes: number): boolean {
  return sizeBytes <= HASHED_BYTES && place.kind !== "object";
}

/** What `read` makes of the file at `place`; nothing if there is none. */
async function opened<T>(
  place: Place,
  read: (file: FileHandle, stats: BigIntStats) => Promise<T>,
): Promise<T | undefined> {
  let file: FileHandle | undefined;
  try {
    // Without `O_NONBLOCK`, opening a named pipe would wait for its other end.
    file = await open(place.path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stats = await file.stat({ bigint: true });
    if (stats.isDirectory()) return undefined;
    if (!stats.isFile()) throw new Error("it is not a regular file");
    return await read(file, stats);
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw refused(place.key, "read", place.path, error);
  } finally {
    await file?.close();
  }
}

async function bytesOf(file: FileHandle, start: number, end: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(end - start);
  for (let at = 0; at < bytes.length;) {
    const { bytesRead } = await file.read(bytes, at, bytes.length - at, start + at);
    if (bytesRead === 0) throw new Error("it became shorter while it was read");
    at += bytesRead;
  }
  return bytes;
}

function hashMark(bytes: Uint8Array): string {
  return `h${createHash("sha256").update(bytes).digest("hex").slice(0, 32)}`;
}

/** Not the time of the last change of status: linking and unlinking other names moves it. */
function statMark({ ino, size, mtimeNs }: BigIntStats): string {
  return `s${ino.toString(16)}-${size.toString(16)}-${mtimeNs.toString(16)}`;
}
