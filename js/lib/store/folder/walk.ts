// Files and directories by keys, through the handles that browsers give.

import type { Entry } from "#core";
import { failed, StoreError } from "../error.js";
import { compareKeys, refuseSegment } from "../key.js";

/** How values are files: what a segment of a key is called, and how long a value is. */
export interface Form {
  encode(segment: string): string;
  /** Nothing for what is no key. */
  decode(name: string): string | undefined;
  /** The length of the value in a file of this length; nothing for a file that holds none. */
  length(fileBytes: number): number | undefined;
}

/** What Chromium writes to until it takes the place of a file. */
export const SWAP = ".crswap";

/** As they are. Git's locks and the native store's own directory are no keys. */
export const PLAIN: Form = {
  encode: (segment) => segment,
  decode: (name) => (/^\.trunks-tmp$|\.(lock|crswap)$/.test(name) ? undefined : name),
  length: (fileBytes) => fileBytes,
};

/** Whether the error says that nothing is there. */
export function isAbsence(error: unknown): boolean {
  return (
    error instanceof DOMException && (error.name === "NotFoundError" || error.name === "TypeMismatchError")
  );
}

/** The error for `key` when the browser refused to do something. */
export function refused(key: string, action: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const { name = "", message = String(error) } = (error ?? {}) as { name?: string; message?: string };
  const reason = `cannot ${action} ${key}: ${message}`;
  if (name === "NotAllowedError" || name === "SecurityError")
    return new StoreError("denied", key, `${reason}; allow this page to use the folder`);
  if (name === "QuotaExceededError") return failed(key, `${reason}; free some space and try again`);
  const isPassing =
    name === "InvalidStateError" || name === "NotReadableError" || name === "NoModificationAllowedError";
  return new StoreError(isPassing ? "unavailable" : "failed", key, reason);
}

/** The segments of `key`, which is a plain path. */
export function segmentsOf(key: string): string[] {
  const segments = key.split("/");
  for (const segment of segments) {
    const reason = refuseSegment(segment);
    if (reason) throw failed(key, reason);
  }
  return segments;
}

/** The file at a path; nothing if there is none. */
export async function fileAt(
  root: FileSystemDirectoryHandle,
  segments: string[],
): Promise<FileSystemFileHandle | undefined> {
  try {
    let directory = root;
    for (const segment of segments.slice(0, -1)) directory = await directory.getDirectoryHandle(segment);
    return await directory.getFileHandle(segments.at(-1) ?? "");
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
}

/** The entries whose keys start with `prefix` and come after `after`, in byte order, until there are enough. */
export async function entriesOf(
  root: FileSystemDirectoryHandle,
  form: Form,
  prefix: string,
  after: string | undefined,
  enough: number,
): Promise<Entry[]> {
  const found: Entry[] = [];
  const visit = async (directory: FileSystemDirectoryHandle, base: string): Promise<void> => {
    const children: [string, FileSystemHandle][] = [];
    try {
      for await (const [name, handle] of directory.entries()) {
        const segment = form.decode(name);
        if (segment === undefined) continue;
        const key = base + segment + (handle.kind === "directory" ? "/" : "");
        const isDirectory = handle.kind === "directory";
        const isWanted = key.startsWith(prefix) || (isDirectory && prefix.startsWith(key));
        const isPassed =
          after !== undefined && compareKeys(after, key) >= 0 && !(isDirectory && after.startsWith(key));
        if (isWanted && !isPassed) children.push([key, handle]);
      }
    } catch (error) {
      // It was removed meanwhile.
      if (isAbsence(error)) return;
      throw error;
    }
    children.sort(([a], [b]) => compareKeys(a, b));
    for (const [key, handle] of children) {
      if (found.length >= enough) return;
      if (handle.kind === "directory") {
        await visit(handle as FileSystemDirectoryHandle, key);
        continue;
      }
      try {
        const { size, lastModified } = await (handle as FileSystemFileHandle).getFile();
        const sizeBytes = form.length(size);
        if (sizeBytes !== undefined)
          found.push({ key, sizeBytes, modifiedS: Math.floor(lastModified / 1000) });
      } catch (error) {
        if (!isAbsence(error)) throw error;
      }
    }
  };
  await visit(root, "");
  return found;
}
