// Multipart uploads.

import type { Expected } from "#core";
import { conflict, failed, StoreError } from "../error.js";
import type { Bucket } from "./bucket.js";
import type { Call, Reply } from "./call.js";
import { isAbsent, isConflict, refused } from "./failure.js";
import { bareTag, element, queryOf } from "./text.js";
import { claim } from "./tombstone.js";
import { demandAfter, head, isSuccess, MARK, newMark, ownVersion, put } from "./write.js";

/** An upload in progress, as its name tells. */
export interface Upload {
  key: string;
  /** The server's own name for it. */
  id: string;
  /** What its value is marked with. */
  mark: string;
}

/** Begins an upload. */
export async function start(bucket: Bucket, key: string): Promise<Upload> {
  const mark = newMark();
  const headers = { "Content-Type": "application/octet-stream", [MARK]: mark };
  const reply = await bucket.wire.send({ method: "POST", key, query: "uploads=", headers });
  const id = element(text(reply), "UploadId");
  if (!isSuccess(reply) || id === "") throw refused(key, reply, bucket.wire.account);
  return { key, id, mark };
}

/** Sends a part. Its receipt is its number and its tag. */
export async function sendPart(
  bucket: Bucket,
  { key, id }: Upload,
  number: number,
  body: Uint8Array,
): Promise<string> {
  const query = queryOf({ partNumber: String(number), uploadId: id });
  const reply = await bucket.wire.send({ method: "PUT", key, query, body });
  if (!isSuccess(reply)) throw refused(key, reply, bucket.wire.account);
  const tag = reply.headers.get("etag");
  if (tag === null) throw failed(key, "the store gave no receipt for a part");
  return `${number} ${bareTag(tag)}`;
}

/** Throws an upload away. */
export async function abort(bucket: Bucket, { key, id }: Upload): Promise<void> {
  const reply = await bucket.wire.send({ method: "DELETE", key, query: queryOf({ uploadId: id }) });
  if (!isSuccess(reply) && !isAbsent(reply) && !isSpent(reply))
    throw refused(key, reply, bucket.wire.account);
}

/** Makes the parts the value, if the key is as expected. The upload is spent either way. */
export async function finish(
  bucket: Bucket,
  upload: Upload,
  parts: string[],
  expected: Expected,
): Promise<string> {
  try {
    if (parts.length > 0) return await complete(bucket, upload, parts, expected);
    const version = await put(bucket, upload.key, new Uint8Array(), expected);
    await abort(bucket, upload).catch(() => {});
    return version;
  } catch (error) {
    // An upload that did not come to its end would be kept, and paid for.
    await abort(bucket, upload).catch(() => {});
    throw error;
  }
}

async function complete(
  bucket: Bucket,
  upload: Upload,
  parts: string[],
  expected: Expected,
): Promise<string> {
  const { key, mark } = upload;
  if (!bucket.heedsAll && expected !== "any") {
    if (expected === "absent" || "absentBeside" in expected) return completeClaimed(bucket, upload, parts);
    // For servers that may ignore the condition of a completion.
    const found = await head(bucket, key);
    if (found?.version !== expected.is) throw conflict(key);
  }
  for (let demanded = expected; ;) {
    const call = completion(upload, parts);
    const headers = { ...call.headers, ...bucket.demand(demanded) };
    const reply = await sendCompletion(bucket, upload, { ...call, headers });
    if (typeof reply === "string") return reply;
    if (isSuccess(reply) && reply.code === "") {
      bucket.noteSuccess(demanded);
      return finished(bucket, upload, reply);
    }
    const own = await ownVersion(bucket, key, mark, reply);
    if (own !== undefined) return own;
    if (isSpent(reply)) throw failed(key, "this upload was finished or aborted");
    if (!isConflict(reply) || expected === "any") throw refused(key, reply, bucket.wire.account);
    demanded = demandAfter(key, expected, await bucket.contest(key, expected));
  }
}

/**
 * Makes the parts the value of a key that is absent, where the server may not heed a condition here.
 *
 * A tombstone claims the key by a request whose condition is heeded. It is written over by one that was
 * signed before, so that a finisher that wakes up late cannot harm whoever came after it.
 */
async function completeClaimed(bucket: Bucket, upload: Upload, parts: string[]): Promise<string> {
  const { key, mark } = upload;
  const call = await bucket.wire.signed(completion(upload, parts));
  const release = await claim(bucket, key);
  // If this fails, the value may yet come: what claimed its place must not be removed.
  const reply = await sendCompletion(bucket, upload, call);
  if (typeof reply === "string") return reply;
  if (isSuccess(reply) && reply.code === "") return finished(bucket, upload, reply);
  try {
    const own = await ownVersion(bucket, key, mark, reply);
    if (own !== undefined) return own;
  } catch (error) {
    await release();
    throw error;
  }
  await release();
  throw isSpent(reply)
    ? failed(key, "this upload was finished or aborted")
    : refused(key, reply, bucket.wire.account);
}

/**
 * Sends the completion. Where there was no answer but failures, the value may be there all the same: Ceph
 * answers so when an earlier request was heeded. Then it resolves to the value's version.
 */
async function sendCompletion(bucket: Bucket, { key, mark }: Upload, call: Call): Promise<Reply | string> {
  try {
    return await bucket.wire.send(call);
  } catch (error) {
    const found = error instanceof StoreError ? await head(bucket, key).catch(() => undefined) : undefined;
    if (found?.mark === mark) return found.version;
    throw error;
  }
}

/** The request that makes the parts one value. */
function completion({ key, id }: Upload, parts: string[]): Call {
  const listed = parts.map((part) => {
    const [, number, tag] = /^(\d+) ([^<>&"]+)$/.exec(part) ?? [];
    if (tag === undefined) throw failed(key, "a part's receipt is not whole");
    return `<Part><PartNumber>${number}</PartNumber><ETag>"${tag}"</ETag></Part>`;
  });
  const body = new TextEncoder().encode(
    `<CompleteMultipartUpload>${listed.join("")}</CompleteMultipartUpload>`,
  );
  const headers = { "Content-Type": "application/xml" };
  return { method: "POST", key, query: queryOf({ uploadId: id }), headers, body };
}

/** The version that the answer to a completion tells. Ceph tells none, so it is asked. */
async function finished(bucket: Bucket, { key, mark }: Upload, reply: Reply): Promise<string> {
  const tag = bareTag(element(text(reply), "ETag"));
  if (tag !== "") return tag;
  const found = await head(bucket, key);
  // If somebody has replaced it since, its version is one that no value has.
  return found?.mark === mark ? found.version : `replaced-${mark}`;
}

function isSpent({ code }: Reply): boolean {
  return code === "NoSuchUpload";
}

function text({ body }: Reply): string {
  return new TextDecoder().decode(body);
}
