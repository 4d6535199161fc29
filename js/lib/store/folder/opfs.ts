// The browser's own files of a site (OPFS): a store that stays with the page's origin.
//
// Tabs and workers of the origin may all write: a write compares and replaces under a lock of its key, which
// the browser keeps between them (Web Locks) and gives up for those that are closed. A file is replaced whole
// when what was written to it is closed; but it is there, and empty, before that. So a value is followed by a
// byte, and a file without one holds no value.

import type { ByteRange, Expected, Page, Store, Value } from "#core";
import { conflict, failed } from "../error.js";
import { entriesOf, fileAt, isAbsence, refused, segmentsOf, SWAP, type Form } from "./walk.js";

const PART_BYTES = 8 * 1024 * 1024;
/** The directory of uploads; no key's segment is encoded like that. */
const UPLOADS = "%uploads";
/** How often a race with someone who removes a directory, or replaces a file that is read, is run again. */
const ATTEMPTS = 64;

/** Not all characters may stand in a file's name everywhere. */
const ENCODED: Form = {
  encode: (segment) =>
    encodeURIComponent(segment)
      .replace(/[!'()*~]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
      .replace(/\.crswap$/, "%2Ecrswap"),
  decode: (name) => (name === UPLOADS || name.endsWith(SWAP) ? undefined : decodeURIComponent(name)),
  length: (fileBytes) => (fileBytes === 0 ? undefined : fileBytes - 1),
};

/** What follows a value. */
const END = Uint8Array.of(0x0a);

interface Upload {
  key: string;
  file: FileSystemFileHandle;
  writable: FileSystemWritableFileStream;
  name: string;
}

/** A store in the browser's own files. */
export class Opfs implements Store {
  readonly #root: FileSystemDirectoryHandle;
  readonly #name: string;
  #uploads = new Map<string, Upload>();

  private constructor(root: FileSystemDirectoryHandle, name: string) {
    this.#root = root;
    this.#name = name;
  }

  /** The store called `name` of this origin, which is made if it is not there. */
  static async open(name = "trunks"): Promise<Opfs> {
    try {
      const files = await navigator.storage.getDirectory();
      return new Opfs(await files.getDirectoryHandle(encodeURIComponent(name), { create: true }), name);
    } catch (error) {
      throw refused(name, "open the store", error);
    }
  }

  async get(key: string, range?: ByteRange): Promise<Value | undefined> {
    const segments = encoded(key);
    for (let attempt = 1; ; attempt++) {
      try {
        const file = await (await fileAt(this.#root, segments))?.getFile();
        const sizeBytes = file && ENCODED.length(file.size);
        if (!file || sizeBytes === undefined) return undefined;
        const end = Math.min(range?.end ?? sizeBytes, sizeBytes);
        if (isContentNamed(key)) {
          const bytes = await bytesOf(file.slice(Math.min(range?.start ?? 0, end), end));
          return { bytes, sizeBytes, version: versionOf(file) };
        }
        const whole = await bytesOf(file.slice(0, sizeBytes));
        return { bytes: whole.slice(range?.start ?? 0, end), sizeBytes, version: await hashOf(whole) };
      } catch (error) {
        // It was replaced or removed while it was read.
        if (attempt < ATTEMPTS && isReplaced(error)) continue;
        throw refused(key, "read", error);
      }
    }
  }

  async put(key: string, bytes: Uint8Array, expected: Expected): Promise<string> {
    const segments = encoded(key);
    return this.#alone(key, "write", async () => {
      await this.#demand(key, expected);
      const written = await this.#inDirectory(key, segments, async (directory, name) => {
        const file = await directory.getFileHandle(name, { create: true });
        const writable = await file.createWritable();
        await writable.write(new Blob([bytes as BlobPart, END]));
        await writable.close();
        return file;
      });
      return isContentNamed(key) ? versionOf(await written.getFile()) : hashOf(bytes);
    });
  }

  async delete(key: string, expected: Expected): Promise<void> {
    const segments = encoded(key);
    return this.#alone(key, "delete", async () => {
      await this.#demand(key, expected);
      const way = [this.#root];
      try {
        for (const segment of segments.slice(0, -1))
          way.push(await (way.at(-1) ?? this.#root).getDirectoryHandle(segment));
        await await way.at(-1)?.getFileHandle(segments.at(-1) ?? "");
        await way.at(-1)?.removeEntry(segments.at(-1) ?? "");
        // Directories that are empty now; one that is not, or that someone fills, stays.
        for (let depth = way.length - 1; depth > 0; depth--)
          await way[depth - 1]?.removeEntry(segments[depth - 1] ?? "");
      } catch (error) {
        const isOver =
          error instanceof DOMException &&
          ["InvalidModificationError", "NoModificationAllowedError"].includes(error.name);
        if (!isAbsence(error) && !isOver) throw error;
      }
    });
  }

  async list(prefix: string, after: string | undefined, limit: number): Promise<Page> {
    try {
      const found = await entriesOf(this.#root, ENCODED, prefix, after, limit + 1);
      return { entries: found.slice(0, limit), more: found.length > limit };
    } catch (error) {
      throw refused(prefix, "list", error);
    }
  }

  async uploadStart(key: string): Promise<string> {
    encoded(key);
    const name = crypto.randomUUID();
    try {
      const directory = await this.#root.getDirectoryHandle(UPLOADS, { create: true });
      const file = await directory.getFileHandle(name, { create: true });
      this.#uploads.set(name, { key, file, name, writable: await file.createWritable() });
      return name;
    } catch (error) {
      throw refused(key, "write", error);
    }
  }

  async uploadPart(upload: string, number: number, bytes: Uint8Array): Promise<string> {
    const { key, writable } = this.#upload(upload);
    try {
      await writable.write({
        type: "write",
        position: (number - 1) * PART_BYTES,
        data: bytes as BufferSource,
      });
      return `${number}:${bytes.length}`;
    } catch (error) {
      throw refused(key, "write", error);
    }
  }

  async uploadFinish(upload: string, parts: string[], expected: Expected): Promise<string> {
    const open = this.#upload(upload);
    const { key, file, writable } = open;
    this.#uploads.delete(upload);
    const sizeBytes = parts.reduce((sum, part) => sum + Number(part.split(":")[1]), 0);
    try {
      await writable.truncate(sizeBytes);
      await writable.write({ type: "write", position: sizeBytes, data: END });
      await writable.close();
      const bytes = await file.getFile();
      return await this.#alone(key, "write", async () => {
        await this.#demand(key, expected);
        const written = await this.#inDirectory(key, encoded(key), async (directory, name) => {
          const target = await directory.getFileHandle(name, { create: true });
          await bytes.stream().pipeTo(await target.createWritable());
          return target;
        });
        const made = await written.getFile();
        return isContentNamed(key) ? versionOf(made) : hashOf(await bytesOf(made.slice(0, made.size - 1)));
      });
    } finally {
      await this.#discard(open);
    }
  }

  async uploadAbort(upload: string): Promise<void> {
    const open = this.#uploads.get(upload);
    this.#uploads.delete(upload);
    if (!open) return;
    await open.writable.abort().catch(() => {});
    await this.#discard(open);
  }

  #upload(upload: string): Upload {
    const open = this.#uploads.get(upload);
    if (!open) throw failed(upload, "this upload was finished or aborted");
    return open;
  }

  async #discard({ name }: Upload): Promise<void> {
    const directory = await this.#root.getDirectoryHandle(UPLOADS, { create: true });
    await directory.removeEntry(name).catch(() => {});
  }

  /** Does `work` while nobody else of this origin writes the key. */
  async #alone<T>(key: string, action: string, work: () => Promise<T>): Promise<T> {
    try {
      return (await navigator.locks.request(`trunks\n${this.#name}\n${key}`, work)) as T;
    } catch (error) {
      throw refused(key, action, error);
    }
  }

  /** Does `work` in the directory of a key, which is made as often as somebody removes it. */
  async #inDirectory<T>(
    key: string,
    segments: string[],
    work: (directory: FileSystemDirectoryHandle, name: string) => Promise<T>,
  ): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        let directory = this.#root;
        for (const segment of segments.slice(0, -1))
          directory = await directory.getDirectoryHandle(segment, { create: true });
        return await work(directory, segments.at(-1) ?? "");
      } catch (error) {
        const name = error instanceof DOMException ? error.name : "";
        if (name === "TypeMismatchError")
          throw failed(key, `${key}: a file stands where a directory is needed, or the other way round`);
        if (attempt === ATTEMPTS || (name !== "NotFoundError" && name !== "InvalidStateError")) throw error;
      }
    }
  }

  async #demand(key: string, expected: Expected): Promise<void> {
    if (expected === "any") return;
    const version = (await this.get(key, { start: 0, end: 0 }))?.version;
    if (expected === "absent" ? version !== undefined : "is" in expected && version !== expected.is)
      throw conflict(key);
    if (expected === "absent" || "is" in expected) return;
    const { key: other, version: seen } = expected.absentBeside;
    if (version !== undefined || (await this.get(other, { start: 0, end: 0 }))?.version !== seen)
      throw conflict(key);
  }
}

function encoded(key: string): string[] {
  return segmentsOf(key).map(ENCODED.encode);
}

/** Packs and loose objects are named by their content, and read in ranges: they are not hashed. */
function isContentNamed(key: string): boolean {
  return /\.trunk\/objects\/(pack\/pack-|[^/]{2}\/)/.test(key);
}

function versionOf({ lastModified, size }: File): string {
  return `s${lastModified}-${size}`;
}

async function hashOf(bytes: Uint8Array): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as BufferSource));
  return `h${Array.from(hash.subarray(0, 16), (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

async function bytesOf(file: Blob): Promise<Uint8Array> {
  return new Uint8Array(await file.arrayBuffer());
}

function isReplaced(error: unknown): boolean {
  return (
    error instanceof DOMException &&
    ["NotReadableError", "NotFoundError", "InvalidStateError"].includes(error.name)
  );
}
