// `trunks.files`: what lies at the paths of a revision.

import type { ByteRange, Repositories, WalkOptions } from "#core";
import { makeCommit } from "./commit.js";
import type { Context } from "./context.js";
import { invalid, told } from "./error.js";
import { listOf } from "./list.js";
import type {
  AtRevision,
  Author,
  FileContent,
  FileEntry,
  FileStat,
  FileType,
  InRepo,
  List,
  MadeCommit,
  Window,
} from "./resources.js";

type Where = InRepo & AtRevision;

/** Entries of a walk that are asked for at once. */
const WALK_PAGE = 1000;

/** What a change of one file takes besides it. */
interface Said extends InRepo {
  branch?: string;
  message?: string;
  author?: Author;
}

export class Files {
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
  }

  /** Reads a file, or a range of it: half-open, in bytes. */
  async read(options: Where & { path: string; range?: ByteRange }): Promise<FileContent> {
    const { path, range } = options;
    return told(async () => {
      const { bytes, ...stat } = await this.#at(options, (core, repo, revision) =>
        core.readFile(repo, revision, path, range),
      );
      return { ...entryOf(path, stat), size_bytes: stat.sizeBytes, bytes, text: () => utf8.decode(bytes) };
    });
  }

  /** Looks at what lies at a path. The empty path is the root. */
  async stat(options: Where & { path: string }): Promise<FileStat> {
    const { path } = options;
    return told(async () => {
      const stat = await this.#at(options, (core, repo, revision) => core.stat(repo, revision, path));
      return { ...entryOf(path, stat), size_bytes: stat.sizeBytes };
    });
  }

  /** Lists a directory, in git's order. The root, if nothing is said. */
  async list(options: Where & Window & { path?: string } = {}): Promise<List<FileEntry>> {
    return told(async () => listOf(await this.#entries(options, options.path ?? ""), options));
  }

  /** Goes through a directory and all below it, in git's order: a directory comes before what is in it. */
  async *walk(options: Where & { path?: string } = {}): AsyncGenerator<FileEntry, void, void> {
    const { path = "" } = options;
    const repo = this.#context.repo(options);
    const core = await told(() => this.#context.core());
    // One commit for all of it, whoever pushes meanwhile.
    const revision = await told(() => core.resolve(repo, revisionOf(options)));
    for (let after: Uint8Array | undefined; ;) {
      const asked: WalkOptions = { path, depth: "whole", limit: WALK_PAGE, ...(after && { after }) };
      const { entries, more } = await told(() => core.walk(repo, revision, asked));
      for (const entry of entries) yield entryOf(utf8.decode(entry.path), entry);
      after = entries.at(-1)?.path;
      if (!more || !after) return;
    }
  }

  /** Writes one file, as a commit of its own. */
  async write(options: Said & { path: string; content: string | Uint8Array }): Promise<MadeCommit> {
    const { path, content, message = `Write ${path}`, ...said } = options;
    const changes = [{ write: path, content }];
    return told(() => makeCommit(this.#context, { ...said, message, changes }));
  }

  /** Removes a file or a directory, as a commit of its own. */
  async delete(options: Said & { path: string }): Promise<MadeCommit> {
    const { path, message = `Remove ${path}`, ...said } = options;
    return told(() => makeCommit(this.#context, { ...said, message, changes: [{ remove: path }] }));
  }

  async #entries(options: Where, path: string): Promise<FileEntry[]> {
    const entries = await this.#at(options, (core, repo, revision) => core.listFiles(repo, revision, path));
    const directory = path === "" ? "" : `${path.replace(/\/+$/, "")}/`;
    return entries.map((entry) => entryOf(directory + utf8.decode(entry.name), entry));
  }

  async #at<T>(
    options: Where,
    read: (core: Repositories, repo: string, revision: string) => Promise<T>,
  ): Promise<T> {
    const repo = this.#context.repo(options);
    return read(await this.#context.core(), repo, revisionOf(options));
  }
}

function revisionOf({ ref = "HEAD" }: AtRevision): string {
  if (ref === "") throw invalid("ref must not be empty");
  return ref;
}

const utf8 = new TextDecoder();

function entryOf(path: string, { mode, id }: { mode: number; id: string }): FileEntry {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return { object: "file", path, name, type: typeOf(mode), mode: modeOf(mode), id };
}

/** A mode as git writes it. */
export function modeOf(mode: number): string {
  return mode.toString(8).padStart(6, "0");
}

function typeOf(mode: number): FileType {
  switch (mode & 0o170000) {
    case 0o040000:
      return "directory";
    case 0o120000:
      return "symlink";
    case 0o160000:
      return "submodule";
    default:
      return "file";
  }
}
