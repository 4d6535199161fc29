// A store in a Map, for tests: the smallest that keeps every promise of `src/store.d.ts`.

/** An error of the store, with a code that says what the caller can do about it. */
export class StoreError extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

export class MapStore {
  /** Key to value: `bytes` and `version`. */
  values = new Map();
  /** Names of the methods that were called, in order. */
  calls = [];
  #uploads = new Map();
  #writes = 0;

  async get(key, range) {
    this.calls.push("get");
    const value = this.values.get(key);
    if (value === undefined) return undefined;
    const { bytes, version } = value;
    const part = range ? bytes.slice(range.start, range.end) : bytes.slice();
    return { bytes: part, sizeBytes: bytes.length, version };
  }

  async put(key, bytes, expected) {
    this.calls.push("put");
    return this.#write(key, bytes, expected);
  }

  async delete(key, expected) {
    this.calls.push("delete");
    this.#demand(key, expected);
    this.values.delete(key);
  }

  async list(prefix, after, limit) {
    this.calls.push("list");
    const follows = (key) => after === undefined || compare(key, after) > 0;
    const keys = [...this.values.keys()].filter((key) => key.startsWith(prefix) && follows(key));
    keys.sort(compare);
    const entries = keys.slice(0, limit).map((key) => ({
      key,
      sizeBytes: this.values.get(key).bytes.length,
      modifiedS: Math.floor(Date.now() / 1000),
    }));
    return { entries, more: keys.length > limit };
  }

  async uploadStart(key) {
    this.calls.push("uploadStart");
    const upload = `${key}#${++this.#writes}`;
    this.#uploads.set(upload, { key, parts: new Map() });
    return upload;
  }

  async uploadPart(upload, number, bytes) {
    this.calls.push("uploadPart");
    this.#upload(upload).parts.set(`${number}`, bytes);
    return `${number}`;
  }

  async uploadFinish(upload, parts, expected) {
    this.calls.push("uploadFinish");
    const { key, parts: written } = this.#upload(upload);
    this.#uploads.delete(upload);
    return this.#write(key, Buffer.concat(parts.map((part) => written.get(part))), expected);
  }

  async uploadAbort(upload) {
    this.calls.push("uploadAbort");
    this.#uploads.delete(upload);
  }

  #upload(upload) {
    const open = this.#uploads.get(upload);
    if (!open) throw new StoreError("failed", `there is no upload ${upload}`);
    return open;
  }

  #demand(key, expected) {
    const version = (key) => this.values.get(key)?.version;
    const isAbsent = version(key) === undefined;
    const beside = expected.absentBeside;
    const holds =
      expected === "any" ||
      (expected === "absent" && isAbsent) ||
      (expected.is !== undefined && version(key) === expected.is) ||
      (beside !== undefined && isAbsent && version(beside.key) === beside.version);
    if (!holds) throw new StoreError("conflict", `${key} was changed by another writer`);
  }

  #write(key, bytes, expected) {
    this.#demand(key, expected);
    const version = `v${++this.#writes}`;
    this.values.set(key, { bytes: Uint8Array.from(bytes), version });
    return version;
  }
}

/** Byte order of UTF-8. */
function compare(a, b) {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
