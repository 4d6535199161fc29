// Modes of files and directories in a repository that several users share, as `core.sharedRepository` of its
// `config` says. Elsewhere they are what the umask makes of them.
//
// As the core's `Sharing`, which is tested against git too: git-config(1), "core.sharedRepository".

import { chmod, readFile, stat, type FileHandle } from "node:fs/promises";
import { failed } from "../error.js";
import { valuesOf } from "./config.js";
import { isAbsence, refused } from "./failure.js";
import type { Place } from "./place.js";

/** Who may read and write, beside those whom the umask allows to or instead of them. */
export interface Sharing {
  bits: number;
  isExact: boolean;
}

const GROUP: Sharing = { bits: 0o660, isExact: false };
const EVERYBODY: Sharing = { bits: 0o664, isExact: false };
/** What BSD's systems do by themselves: a directory hands its group down. */
const HANDS_DOWN = ["darwin", "freebsd", "netbsd", "openbsd"].includes(process.platform) ? 0 : 0o2000;

/** What each repository's `config` said when the store first wrote there. */
export class Sharings {
  #known = new Map<string, Sharing | undefined>();

  /** Lets `place` know who shares its repository. Reads `config` once; while there is none, again. */
  async tell(place: Place): Promise<void> {
    if (place.trunk === undefined) return;
    if (!this.#known.has(place.trunk)) {
      const path = `${place.trunk}/config`;
      let config;
      try {
        config = await readFile(path, "utf8");
      } catch (error) {
        if (isAbsence(error)) return;
        throw refused(place.key, "read", path, error);
      }
      const value = valuesOf(config, "core", "sharedrepository").at(-1) ?? "umask";
      const sharing = ofValue(value);
      if (sharing === "invalid") {
        const wanted = "it must be group, all, umask or an octal mode of 06xx";
        throw failed(place.key, `${path}: core.sharedRepository is ${JSON.stringify(value)}: ${wanted}`);
      }
      this.#known.set(place.trunk, sharing);
    }
    const sharing = this.#known.get(place.trunk);
    if (sharing) place.sharing = sharing;
  }
}

/** Gives a file that was just made the mode that its repository's files have. */
export async function adjust({ sharing }: Place, file: FileHandle): Promise<void> {
  if (!sharing) return;
  const mode = (await file.stat()).mode & 0o7777;
  const wanted = modeOf(sharing, mode);
  if (wanted !== mode) await file.chmod(wanted);
}

/** The same for a directory. */
export async function adjustDirectory({ sharing }: Place, directory: string): Promise<void> {
  if (!sharing) return;
  const mode = (await stat(directory)).mode & 0o7777;
  let wanted = modeOf(sharing, mode);
  wanted |= readersEnter(wanted);
  if (wanted & 0o060) wanted |= HANDS_DOWN;
  if (wanted !== mode) await chmod(directory, wanted);
}

function modeOf({ bits, isExact }: Sharing, mode: number): number {
  if (!(mode & 0o200)) bits &= ~0o222;
  if (mode & 0o100) bits |= readersEnter(bits);
  return (isExact ? mode & ~0o777 : mode) | bits;
}

/** Rights to read as rights to enter. */
function readersEnter(bits: number): number {
  return (bits & 0o444) >> 2;
}

function ofValue(value: string): Sharing | undefined | "invalid" {
  if (value === "umask" || value === "") return undefined;
  if (value === "group") return GROUP;
  if (["all", "world", "everybody"].includes(value)) return EVERYBODY;
  if (/^[0-7]+$/.test(value)) {
    const bits = parseInt(value, 8);
    if (bits < 3) return [undefined, GROUP, EVERYBODY][bits];
    return (bits & 0o600) === 0o600 ? { bits: bits & 0o666, isExact: true } : "invalid";
  }
  // No octal number: another number of git's is true.
  if (/^(true|yes|on|[1-9]\d*)$/i.test(value)) return GROUP;
  return /^(false|no|off)$/i.test(value) ? undefined : "invalid";
}
