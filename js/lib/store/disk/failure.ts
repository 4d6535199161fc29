// What the system's errors mean to the caller of a store.

import { StoreError } from "../error.js";

const ADVICE: Record<string, [StoreError["code"], string]> = {
  EACCES: ["denied", "; check who owns it and its mode"],
  EPERM: ["denied", "; check who owns it and its mode"],
  EROFS: ["denied", "; mount it writable to push there"],
  ENOSPC: ["failed", "; free some space and try again"],
  EDQUOT: ["failed", "; free some space and try again"],
  EFBIG: ["failed", "; the filesystem or a limit forbids it"],
  EMFILE: ["unavailable", ""],
  ENFILE: ["unavailable", ""],
  ENOMEM: ["unavailable", ""],
  EAGAIN: ["unavailable", ""],
  ESTALE: ["unavailable", ""],
  ETIMEDOUT: ["unavailable", ""],
};

/** The system's name of an error: `ENOENT`. */
export function errno(error: unknown): string {
  return (error as NodeJS.ErrnoException | undefined)?.code ?? "";
}

/** Whether the error is one of these. */
export function is(error: unknown, ...names: string[]): boolean {
  return names.includes(errno(error));
}

/** Whether the error says that no file is there. */
export function isAbsence(error: unknown): boolean {
  return is(error, "ENOENT", "ENOTDIR", "EISDIR", "ENAMETOOLONG");
}

/** Whether a link or a file could not be made for want of its directory. */
export function isMissingDirectory(error: unknown): boolean {
  return is(error, "ENOENT", "ENOTDIR");
}

/** Whether a hard link was refused for what the filesystem is. */
export function hasNoLinks(error: unknown): boolean {
  return is(error, "EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK", "EXDEV");
}

/**
 * The error for `key` when the system refused to do `action` to `path`.
 *
 * `action`: reads on after "cannot", as in "write the file".
 */
export function refused(key: string, action: string, path: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const [code, advice] = ADVICE[errno(error)] ?? ["failed", ""];
  const said = error instanceof Error ? error.message : String(error);
  return new StoreError(code, key, `cannot ${action} ${path}: ${said}${advice}`);
}
