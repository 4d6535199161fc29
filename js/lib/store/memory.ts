// A store in the memory of this program: for tests, and for repositories that are to be gone with it.

import type { ByteRange, Expected, Page, Store, Value } from "#core";
import { conflict, failed } from "./error.js";
import { compareKeys } from "./key.js";

interface Stored {
  bytes: Uint8Array;
  version: string;
  modifiedS: number;
}

interface Upload {
  key: string;
  parts: Map<string, Uint8Array>;
}

/** A store in a `Map`. */
export class Memory implements Store {
  #values = new Map<string, Stored>();
  #uploads = new Map<string, Upload>();
  #writes = 0;

  async get(key: string, range?: ByteRange): Promise<Value | undefined> {
    const stored = this.#values.get(key);
    if (!stored) return undefined;
    const { bytes, version } = stored;
    const part = bytes.slice(range?.start, range?.end);
    return { bytes: part, sizeBytes: bytes.length, version };
  }

  async put(key: string, bytes: Uint8Array, expected: Expected): Promise<string> {
    return this.#write(key, bytes.slice(), expected);
  }

  async delete(key: string, expected: Expected): Promise<void> {
    this.#demand(key, expected);
    this.#values.delete(key);
  }

  async list(prefix: string, after: string | undefined, limit: number): Promise<Page> {
    const keys = [...this.#values.keys()]
      .filter((key) => key.startsWith(prefix) && (after === undefined || compareKeys(key, after) > 0))
      .sort(compareKeys);
    const entries = keys.slice(0, limit).map((key) => {
      const stored = this.#values.get(key);
      return { key, sizeBytes: stored?.bytes.length ?? 0, modifiedS: stored?.modifiedS ?? 0 };
    });
    return { entries, more: keys.length > limit };
  }

  async uploadStart(key: string): Promise<string> {
    const upload = `${++this.#writes}:${key}`;
    this.#uploads.set(upload, { key, parts: new Map() });
    return upload;
  }

  async uploadPart(upload: string, number: number, bytes: Uint8Array): Promise<string> {
    this.#upload(upload).parts.set(`${number}`, bytes.slice());
    return `${number}`;
  }

  async uploadFinish(upload: string, parts: string[], expected: Expected): Promise<string> {
    const { key, parts: sent } = this.#upload(upload);
    this.#uploads.delete(upload);
    const pieces = parts.map((part) => {
      const piece = sent.get(part);
      if (!piece) throw failed(key, `part ${part} was never written`);
      return piece;
    });
    return this.#write(key, joined(pieces), expected);
  }

  async uploadAbort(upload: string): Promise<void> {
    this.#uploads.delete(upload);
  }

  #upload(upload: string): Upload {
    const open = this.#uploads.get(upload);
    if (!open) throw failed(upload, "this upload was finished or aborted");
    return open;
  }

  #demand(key: string, expected: Expected): void {
    if (expected === "any") return;
    const version = this.#values.get(key)?.version;
    const holds =
      expected === "absent"
        ? version === undefined
        : "is" in expected
          ? version === expected.is
          : version === undefined && this.#isUnchanged(expected.absentBeside);
    if (!holds) throw conflict(key);
  }

  #isUnchanged(beside: { key: string; version?: string }): boolean {
    return this.#values.get(beside.key)?.version === beside.version;
  }

  #write(key: string, bytes: Uint8Array, expected: Expected): string {
    this.#demand(key, expected);
    const version = `${++this.#writes}`;
    this.#values.set(key, { bytes, version, modifiedS: Math.floor(Date.now() / 1000) });
    return version;
  }
}

/** The pieces as one. */
export function joined(pieces: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
