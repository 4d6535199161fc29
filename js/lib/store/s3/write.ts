// Conditional writes, until it is known what came of them.
//
// Each write puts a mark of its own beside the value. After an answer that was lost, the mark tells whether
// the value is this write's: a condition that does not hold may be this write's own doing.

import type { Expected } from "#core";
import { conflict, failed } from "../error.js";
import type { Bucket } from "./bucket.js";
import type { Call, Reply } from "./call.js";
import { isAbsent, isConflict, refused } from "./failure.js";
import { bareTag } from "./text.js";

/** The header that keeps a writer's mark with the value. */
export const MARK = "x-amz-meta-trunks-write";
/** Marks a tombstone, so that reading one needs no second request. */
export const TOMBSTONE = "x-amz-meta-trunks-deleted";

/** What is known of a value without reading it. */
export interface Head {
  sizeBytes: number;
  version: string;
  mark: string;
  /** Whether it is being deleted, and counts as gone. */
  isGone: boolean;
  /** How long ago it was written, by the store's clock; 0 if it does not tell. */
  ageS: number;
}

/** What came of a condition that did not hold: lost, to be tried again, or to be tried on this version. */
export type Contest = "lost" | "again" | { replace: string };

/** A mark that no other write has. */
export function newMark(): string {
  return crypto.randomUUID().replaceAll("-", "");
}

/** Asks for what is at `key`; nothing if nothing is. */
export async function head(bucket: Bucket, key: string): Promise<Head | undefined> {
  const reply = await bucket.wire.send({ method: "HEAD", key });
  if (isAbsent(reply)) return undefined;
  if (reply.status !== 200) throw refused(key, reply, bucket.wire.account);
  const { headers } = reply;
  const ageMs = Date.parse(headers.get("date") ?? "") - Date.parse(headers.get("last-modified") ?? "");
  return {
    sizeBytes: Number(headers.get("content-length")),
    version: versionOf(key, reply),
    mark: headers.get(MARK) ?? "",
    isGone: headers.has(TOMBSTONE),
    ageS: Math.max(0, Math.floor(ageMs / 1000)) || 0,
  };
}

/** Writes a value whole. Resolves to its version. */
export async function put(
  bucket: Bucket,
  key: string,
  body: Uint8Array,
  expected: Expected,
): Promise<string> {
  const headers = { "Content-Type": "application/octet-stream" };
  return sendMarked(bucket, { method: "PUT", key, headers, body }, expected, newMark());
}

/** Sends a request that makes the value at its key one with this mark, if the key is as expected. */
export async function sendMarked(
  bucket: Bucket,
  call: Call,
  expected: Expected,
  mark: string,
): Promise<string> {
  const { key } = call;
  for (let demanded = expected; ;) {
    const headers = { ...call.headers, [MARK]: mark, ...bucket.demand(demanded) };
    const reply = await bucket.wire.send({ ...call, headers });
    if (isSuccess(reply) && !isConflict(reply)) {
      bucket.noteSuccess(demanded);
      return versionOf(key, reply);
    }
    if (!isConflict(reply) || expected === "any") throw refused(key, reply, bucket.wire.account);
    const own = await ownVersion(bucket, key, mark, reply);
    if (own !== undefined) return own;
    demanded = demandAfter(key, expected, await bucket.contest(key, expected));
  }
}

/** What to demand next; a conflict if the contest is lost. */
export function demandAfter(key: string, expected: Expected, contest: Contest): Expected {
  if (contest === "lost") throw conflict(key);
  return contest === "again" ? expected : { is: contest.replace };
}

/**
 * The version of the value at `key`, if it is the one that this write has put there. `refusal`: of the
 * write; unless an earlier request may have acted, nothing is asked.
 */
export async function ownVersion(
  bucket: Bucket,
  key: string,
  mark: string,
  refusal: Reply,
): Promise<string | undefined> {
  if (!refusal.isUnsure) return undefined;
  const found = await head(bucket, key);
  return found?.mark === mark ? found.version : undefined;
}

/** Removes the value at `key`, if it is as expected. */
export async function remove(bucket: Bucket, key: string, expected: Expected): Promise<void> {
  if (expected === "any") {
    const reply = await bucket.wire.send({ method: "DELETE", key });
    if (!isSuccess(reply) && !isAbsent(reply)) throw refused(key, reply, bucket.wire.account);
  } else if (expected === "absent" || "absentBeside" in expected) {
    const found = await head(bucket, key);
    if (found && !found.isGone) throw conflict(key);
  } else {
    await bucket.deleteIf(key, expected.is);
  }
}

/** Removes the value at `key` by a request with a condition. */
export async function deleteIf(bucket: Bucket, key: string, version: string): Promise<void> {
  const expected = { is: version };
  for (;;) {
    const reply = await bucket.wire.send({ method: "DELETE", key, headers: bucket.demand(expected) });
    if (isSuccess(reply)) return;
    if (!isConflict(reply)) throw refused(key, reply, bucket.wire.account);
    if (reply.isUnsure && (await head(bucket, key)) === undefined) return;
    if ((await bucket.contest(key, expected)) === "lost") throw conflict(key);
  }
}

export function isSuccess({ status }: Reply): boolean {
  return status >= 200 && status < 300;
}

/** The version that an answer tells. */
export function versionOf(key: string, { headers }: Reply): string {
  const tag = headers.get("etag");
  if (tag === null) throw failed(key, "the store does not tell versions (ETag), so it cannot be used");
  return bareTag(tag);
}
