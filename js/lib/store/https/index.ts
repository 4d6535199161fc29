// A repository that is read over HTTPS from any static host.
//
// Such a host lists nothing. So a trunk that is kept `static` says in `info/refs` and `objects/info/packs`
// what there is, and this store answers from them: all refs as one `packed-refs`, and the packs as a list.
// Both are as of one moment, which is moved on after `maxAgeMs`; a host may itself lag behind the writer.

import type { ByteRange, Entry, Page, Store, Value } from "#core";
import { failed, StoreError } from "../error.js";
import { compareKeys } from "../key.js";
import { Cache, type Known } from "./cache.js";
import { ask, shown, type Answer, type Wire } from "./request.js";
import { readSnapshot, type Snapshot } from "./snapshot.js";

export interface HttpsOptions {
  /** The URL of the repository's directory: `https://example.com/trunks/team/app.trunk`. */
  url: string;
  /** How old what is known of refs and packs may be; 2000 if nothing is said. */
  maxAgeMs?: number;
  /** Sent with every request. */
  headers?: Record<string, string>;
  /** What makes the requests, where it is not the environment's own `fetch`. */
  fetch?: typeof fetch;
}

/** Of an idx, what is read to learn its length: of few packs, what may well be all of it. */
const FEW_PACKS = 2;
const FEW_PROBE_BYTES = 512 * 1024;
const PROBE_BYTES = 64 * 1024;

/** How far past the beginning of what is asked for a pack is read. */
const AHEAD_BYTES = 320 * 1024;
/** More pages than anybody reads to learn which loose objects there are. */
const UNKNOWN_PAGES = 32;

/** A repository on a static host. Nothing can be written to it. */
export class Https implements Store {
  /** The repository's name in this store. */
  readonly name: string;
  readonly #root: string;
  readonly #base: string;
  readonly #wire: Wire;
  readonly #maxAgeMs: number;
  readonly #cache = new Cache();
  #snapshot: { at: number; read: Promise<Snapshot | undefined> } | undefined;

  constructor(options: string | HttpsOptions) {
    const {
      url,
      maxAgeMs = 2000,
      headers = {},
      fetch: given,
    } = typeof options === "string" ? { url: options } : options;
    const { origin, pathname, protocol } = parsed(url);
    if (protocol !== "https:" && protocol !== "http:")
      throw failed(url, "the URL must begin with https:// or http://");
    const path = decodeURIComponent(pathname).replace(/\/+$/, "");
    const below = /(?:^|\/)trunks\/(.+)$/.exec(path)?.[1] ?? path.slice(path.lastIndexOf("/") + 1);
    this.name = below.replace(/\.(trunk|git)$/, "") || "repository";
    this.#root = `trunks/${this.name}.trunk/`;
    this.#base = `${origin}${pathname.replace(/\/+$/, "")}/`;
    this.#wire = { fetch: given ?? ((...words) => fetch(...words)), headers };
    this.#maxAgeMs = maxAgeMs;
  }

  /** Has the next call read anew which refs and packs there are. */
  refresh(): void {
    this.#snapshot = undefined;
  }

  async get(key: string, range?: ByteRange): Promise<Value | undefined> {
    if (!key.startsWith(this.#root)) return undefined;
    const path = key.slice(this.#root.length);
    const snapshot = await this.#known();
    if (!snapshot) return undefined;
    if (path === "HEAD") return valueOf(snapshot.head, range);
    if (path === "packed-refs") return valueOf(snapshot.packedRefs, range);
    // They are all in there.
    if (path.startsWith("refs/")) return undefined;
    // It is asked for with every listing of refs.
    if (path === "config" && !range) return (snapshot.config ??= this.#file(key, path));
    return isPack(path) ? this.#pack(key, path, range) : this.#file(key, path, range);
  }

  async list(prefix: string, after: string | undefined, limit: number): Promise<Page> {
    const snapshot = await this.#known();
    if (snapshot && prefix === `${this.#root}objects/`) return this.#looseUnknown(after);
    const names = snapshot ? ["HEAD", "packed-refs", ...packFiles(snapshot)] : [];
    const keys = names
      .map((name) => this.#root + name)
      .filter((key) => key.startsWith(prefix) && (after === undefined || compareKeys(key, after) > 0))
      .sort(compareKeys);
    const isFew = (snapshot?.packs.length ?? 0) <= FEW_PACKS;
    const entries = await Promise.all(keys.slice(0, limit).map((key) => this.#entry(key, isFew)));
    return { entries: entries.filter((entry) => entry !== undefined), more: keys.length > limit };
  }

  async put(key: string): Promise<string> {
    throw this.#readOnly(key);
  }

  async delete(key: string): Promise<void> {
    throw this.#readOnly(key);
  }

  async uploadStart(key: string): Promise<string> {
    throw this.#readOnly(key);
  }

  async uploadPart(upload: string): Promise<string> {
    throw this.#readOnly(upload);
  }

  async uploadFinish(upload: string): Promise<string> {
    throw this.#readOnly(upload);
  }

  async uploadAbort(): Promise<void> {}

  /**
   * Loose objects, of which nothing is told. So that nobody takes them for absent, they are listed as many
   * pages of keys that name none: the core gives up after some, and asks for the object itself.
   */
  #looseUnknown(after: string | undefined): Page {
    const first = `${this.#root}objects/00/`;
    const number = after?.startsWith(first) ? Number(after.slice(first.length)) + 1 : 0;
    const key = first + String(number).padStart(2, "0");
    return { entries: [{ key, sizeBytes: 0, modifiedS: 0 }], more: number < UNKNOWN_PAGES };
  }

  #readOnly(key: string): StoreError {
    return new StoreError(
      "denied",
      key,
      `${shown(this.#base)} is read over HTTPS, by which nothing can be written`,
    );
  }

  #known(): Promise<Snapshot | undefined> {
    const now = performance.now();
    if (!this.#snapshot || now - this.#snapshot.at > this.#maxAgeMs) {
      const read = readSnapshot(this.#wire, this.#base, this.#root);
      const snapshot = { at: now, read };
      this.#snapshot = snapshot;
      read.catch(() => {
        if (this.#snapshot === snapshot) this.#snapshot = undefined;
      });
    }
    return this.#snapshot.read;
  }

  /** A part of a pack or idx, from memory if it was read before. */
  async #pack(key: string, path: string, range?: ByteRange): Promise<Value | undefined> {
    const known = this.#cache.files.get(key);
    if (known) {
      const end = Math.min(range?.end ?? known.sizeBytes, known.sizeBytes);
      const start = Math.min(range?.start ?? 0, end);
      const bytes = start === end ? new Uint8Array() : this.#cache.find(key, start, end);
      if (bytes) return { bytes, sizeBytes: known.sizeBytes, version: "1" };
      // What is read next of a pack lies near, more often than not.
      const ahead = Math.min(Math.max(end, start + AHEAD_BYTES), known.sizeBytes);
      const answer = await this.#ask(key, path, { start, end: ahead });
      return answer && { bytes: cut(answer, { start, end }), sizeBytes: answer.sizeBytes, version: "1" };
    }
    const answer = await this.#ask(key, path, range);
    return answer && { bytes: cut(answer, range), sizeBytes: answer.sizeBytes, version: "1" };
  }

  async #file(key: string, path: string, range?: ByteRange): Promise<Value | undefined> {
    const answer = await this.#request(key, path, range);
    return answer && { bytes: cut(answer, range), sizeBytes: answer.sizeBytes, version: answer.tag };
  }

  async #entry(key: string, isFew: boolean): Promise<Entry | undefined> {
    const path = key.slice(this.#root.length);
    if (!isPack(path)) return { key, sizeBytes: (await this.get(key))?.sizeBytes ?? 0, modifiedS: 0 };
    let known: Known | undefined = this.#cache.files.get(key);
    if (!known) {
      const end = isFew && path.endsWith(".idx") ? FEW_PROBE_BYTES : PROBE_BYTES;
      known = await this.#ask(key, path, { start: 0, end });
    }
    return known && { key, sizeBytes: known.sizeBytes, modifiedS: known.modifiedS };
  }

  /** Asks for a part of a pack or idx, and keeps it. */
  async #ask(key: string, path: string, range?: ByteRange): Promise<Answer | undefined> {
    const answer = await this.#request(key, path, range);
    if (answer) {
      const { sizeBytes, modifiedS, start, bytes } = answer;
      this.#cache.files.set(key, { sizeBytes, modifiedS });
      this.#cache.keep(key, start, bytes);
    }
    return answer;
  }

  async #request(key: string, path: string, range?: ByteRange): Promise<Answer | undefined> {
    const url = this.#base + path.split("/").map(encodeURIComponent).join("/");
    const answer = await ask(this.#wire, url, key, range, this.#cache.files.get(key)?.sizeBytes);
    if (!("status" in answer)) return answer;
    // The repository can be read, so this says only that there is no such file, or none to be told of.
    if ([403, 404, 410].includes(answer.status)) return undefined;
    throw failed(key, `${shown(url)}: the host answers ${answer.status}`);
  }
}

function parsed(url: string): URL {
  try {
    return new URL(url);
  } catch {
    throw failed(url, `${url} is not a URL`);
  }
}

function isPack(path: string): boolean {
  return /^objects\/pack\/pack-[^/]+$/.test(path);
}

function packFiles({ packs }: Snapshot): string[] {
  return packs.flatMap((name) => [`objects/pack/${name}.idx`, `objects/pack/${name}.pack`]);
}

function valueOf(whole: Uint8Array, range?: ByteRange): Value {
  return { bytes: whole.slice(range?.start, range?.end), sizeBytes: whole.length, version: mark(whole) };
}

/** What was asked for of an answer that may hold more, from a host that knows no ranges. */
function cut({ bytes, start }: Answer, range?: ByteRange): Uint8Array {
  if (!range) return bytes;
  return bytes.slice(Math.max(range.start - start, 0), Math.max(range.end - start, 0));
}

/** Tells contents apart: FNV-1a of 32 bits, and the length. No writer relies on it, since there is none. */
function mark(bytes: Uint8Array): string {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return `${bytes.length}-${(hash >>> 0).toString(16)}`;
}
