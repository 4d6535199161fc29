// A bucket that speaks S3: Amazon's, R2, and whoever else does. It keeps what the native store keeps in it.

import type { ByteRange, Entry, Expected, Page, Store, Value } from "#core";
import { failed, StoreError } from "../error.js";
import { Bucket } from "./bucket.js";
import { Wire, type Call } from "./call.js";
import { isAbsent, refused } from "./failure.js";
import { element, elements, queryOf } from "./text.js";
import { TOMBSTONE_BYTES } from "./tombstone.js";
import { abort, finish, sendPart, start, type Upload } from "./upload.js";
import { head, isSuccess, put, remove, TOMBSTONE, versionOf } from "./write.js";

export interface S3Options {
  bucket: string;
  accessKeyId: string;
  secretAccessKey: string;
  /** The token that belongs to a temporary access key. */
  sessionToken?: string;
  /** What every key begins with, without slashes at its ends. */
  prefix?: string;
  /** `us-east-1` if nothing is said; of R2, `auto`. */
  region?: string;
  /** The server's URL, where it is not Amazon's: `https://host:port`. */
  endpoint?: string;
  /** Of R2: the account, which the endpoint is made of. */
  accountId?: string;
  /** How long a call may take, with all its repetitions; large values get more. 60,000 if nothing is said. */
  timeoutMs?: number;
  /** What makes the requests, where it is not the environment's own `fetch`. */
  fetch?: typeof fetch;
}

/** Keys that a server puts on a page, at most. */
const PAGE_KEYS = 1000;

/** A bucket, or the part of it below a prefix. Its versions are entity tags. */
export class S3 implements Store {
  readonly #bucket: Bucket;
  readonly #prefix: string;

  constructor(options: S3Options) {
    const { bucket, accessKeyId, secretAccessKey, sessionToken, prefix = "", timeoutMs = 60_000 } = options;
    if (!/^[A-Za-z0-9._-]+$/.test(bucket))
      throw failed(bucket, `${JSON.stringify(bucket)} is no bucket's name`);
    if (!accessKeyId || !secretAccessKey)
      throw new StoreError("denied", bucket, "accessKeyId and secretAccessKey are needed");
    const { url, host, region, isAmazon } = endpointOf(options);
    const trimmed = prefix.replace(/^\/+|\/+$/g, "");
    this.#prefix = trimmed === "" ? "" : `${trimmed}/`;
    this.#bucket = new Bucket(
      new Wire({
        url,
        place: `bucket ${bucket} at ${host}`,
        credentials: { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) },
        region,
        timeoutMs,
        fetch: options.fetch ?? ((...words) => fetch(...words)),
      }),
      isAmazon,
    );
  }

  async get(key: string, range?: ByteRange): Promise<Value | undefined> {
    return this.#named(async () => {
      const { wire } = this.#bucket;
      const whole = this.#prefix + key;
      // There is no way to ask for no bytes.
      if (range && range.start >= range.end) return this.#nothingOf(whole);
      const call: Call = { method: "GET", key: whole };
      if (range) call.headers = { Range: `bytes=${range.start}-${range.end - 1}` };
      const reply = await wire.send(call);
      if (reply.status === 416) return this.#nothingOf(whole);
      if (isAbsent(reply)) return undefined;
      if (!isSuccess(reply)) throw refused(whole, reply, wire.account);
      if (reply.headers.has(TOMBSTONE)) return undefined;
      const version = versionOf(whole, reply);
      const { body } = reply;
      // It was sent whole, asked or not.
      if (reply.status !== 206) {
        return { bytes: range ? body.slice(range.start, range.end) : body, sizeBytes: body.length, version };
      }
      const size = /\/(\d+)$/.exec(reply.headers.get("content-range") ?? "")?.[1];
      if (size === undefined) throw failed(whole, "the store does not tell the length of a value");
      return { bytes: body, sizeBytes: Number(size), version };
    });
  }

  async put(key: string, bytes: Uint8Array, expected: Expected): Promise<string> {
    return this.#named(() => put(this.#bucket, this.#prefix + key, bytes, expected));
  }

  async delete(key: string, expected: Expected): Promise<void> {
    return this.#named(() => remove(this.#bucket, this.#prefix + key, expected));
  }

  async list(prefix: string, after: string | undefined, limit: number): Promise<Page> {
    return this.#named(async () => {
      for (let from = after === undefined ? undefined : this.#prefix + after; ;) {
        const { entries, more } = await this.#page(this.#prefix + prefix, from, limit);
        from = entries.at(-1)?.key;
        const living = await this.#living(entries);
        if (living.length === 0 && more && from !== undefined) continue;
        const own = living.map((entry) => ({ ...entry, key: entry.key.slice(this.#prefix.length) }));
        return { entries: own, more: more && own.length > 0 };
      }
    });
  }

  async uploadStart(key: string): Promise<string> {
    return this.#named(async () => {
      const { mark, id, key: whole } = await start(this.#bucket, this.#prefix + key);
      // No key holds a line's end.
      return `${mark}\n${id}\n${whole}`;
    });
  }

  async uploadPart(upload: string, number: number, bytes: Uint8Array): Promise<string> {
    return this.#named(() => sendPart(this.#bucket, parsed(upload), number, bytes));
  }

  async uploadFinish(upload: string, parts: string[], expected: Expected): Promise<string> {
    return this.#named(() => finish(this.#bucket, parsed(upload), parts, expected));
  }

  async uploadAbort(upload: string): Promise<void> {
    return this.#named(() => abort(this.#bucket, parsed(upload)));
  }

  /** The value is there, but none of its bytes are wanted. */
  async #nothingOf(key: string): Promise<Value | undefined> {
    const found = await head(this.#bucket, key);
    if (!found || found.isGone) return undefined;
    return { bytes: new Uint8Array(), sizeBytes: found.sizeBytes, version: found.version };
  }

  async #page(prefix: string, after: string | undefined, limit: number): Promise<Page> {
    const { wire } = this.#bucket;
    const query = queryOf({
      "list-type": "2",
      "max-keys": String(Math.min(Math.max(limit, 1), PAGE_KEYS)),
      prefix,
      ...(after && { "start-after": after }),
    });
    const reply = await wire.send({ method: "GET", key: "", query });
    if (!isSuccess(reply)) throw refused(prefix, reply, wire.account);
    const xml = new TextDecoder().decode(reply.body);
    if (!xml.includes("<ListBucketResult")) throw failed(prefix, "the listing cannot be read");
    const entries = elements(xml, "Contents").map((contents): Entry => ({
      key: element(contents, "Key"),
      sizeBytes: Number(element(contents, "Size")),
      modifiedS: Math.floor(Date.parse(element(contents, "LastModified")) / 1000),
    }));
    return { entries, more: element(xml, "IsTruncated") === "true" };
  }

  /** Takes tombstones out of a page. */
  async #living(entries: Entry[]): Promise<Entry[]> {
    const isLiving = await Promise.all(
      entries.map(async ({ key, sizeBytes }) => {
        if (sizeBytes !== TOMBSTONE_BYTES) return true;
        const found = await head(this.#bucket, key);
        return found !== undefined && !found.isGone;
      }),
    );
    return entries.filter((_, at) => isLiving[at]);
  }

  /** What `call` comes to; errors name the store's own keys, which callers know. */
  async #named<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof StoreError) || !error.key.startsWith(this.#prefix)) throw error;
      const key = error.key.slice(this.#prefix.length);
      throw new StoreError(error.code, key, error.message.replace(error.key, key));
    }
  }
}

function parsed(upload: string): Upload {
  const [, mark, id, key] = /^([^\n]*)\n([^\n]*)\n([^]*)$/.exec(upload) ?? [];
  if (mark === undefined || id === undefined || key === undefined)
    throw failed(upload, "there is no such upload");
  return { mark, id, key };
}

function endpointOf({ bucket, endpoint, accountId, region }: S3Options): {
  url: string;
  host: string;
  region: string;
  isAmazon: boolean;
} {
  const server =
    endpoint ?? (accountId === undefined ? undefined : `https://${accountId}.r2.cloudflarestorage.com`);
  if (server !== undefined) {
    if (!/^https?:\/\/[^/?#@]+(\/[^?#@]*)?$/.test(server))
      throw failed(bucket, "the endpoint must look like https://host:port");
    const base = server.replace(/\/+$/, "");
    const fallback = accountId === undefined ? "us-east-1" : "auto";
    return {
      url: `${base}/${bucket}`,
      host: new URL(base).host,
      region: region ?? fallback,
      isAmazon: false,
    };
  }
  const place = region ?? "us-east-1";
  const host = `s3.${place}.amazonaws.com`;
  // A certificate for *.host covers one label.
  const url = bucket.includes(".") ? `https://${host}/${bucket}` : `https://${bucket}.${host}`;
  return { url, host, region: place, isAmazon: true };
}
