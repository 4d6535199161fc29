// `trunks.commits`: making commits, reading history, and what differs.

import type * as core from "#core";
import { makeCommit } from "./commit.js";
import type { Context } from "./context.js";
import { told, TrunksError } from "./error.js";
import { modeOf } from "./files.js";
import { windowOf } from "./list.js";
import type {
  AtRevision,
  Commit,
  FileChange,
  FileDiff,
  InRepo,
  List,
  MadeCommit,
  NewCommit,
  Side,
  Signature,
  Window,
} from "./resources.js";

/** What the core puts on one page. */
const PAGE = 10_000;

export class Commits {
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
  }

  /** Makes a commit of several writes, removes, renames and copies. */
  async create(asked: NewCommit): Promise<MadeCommit> {
    return told(() => makeCommit(this.#context, asked));
  }

  /** The commit that `id` names; it may be any revision. */
  async get(options: InRepo & { id: string }): Promise<Commit> {
    return told(async () => {
      const repo = this.#context.repo(options);
      const log = await (await this.#context.core()).log(repo, options.id, { path: "", limit: 1 });
      const [commit] = log.commits;
      if (!commit) throw new TrunksError("not-found", `${repo} has no commit ${options.id}`);
      return commitFrom(commit);
    });
  }

  /** Lists the commits that lead to a revision, newest first. `path`: those that changed what lies there. */
  async list(options: InRepo & AtRevision & Window & { path?: string } = {}): Promise<List<Commit>> {
    const { limit, offset } = windowOf(options);
    const { ref = "HEAD", path = "" } = options;
    return told(async () => {
      const core = await this.#context.core();
      const repo = this.#context.repo(options);
      const page = await core.log(repo, ref, { path, skip: offset, limit: Math.min(limit, PAGE) });
      const data = page.commits.map(commitFrom);
      let seen = offset + data.length;
      if (data.length === 0 && offset > 0) {
        seen = (await core.log(repo, ref, { path, limit: Math.min(offset, PAGE) })).commits.length;
      }
      return {
        object: "list",
        data,
        limit,
        offset,
        total_count: seen + (page.more ? 1 : 0),
        has_more: page.more,
      };
    });
  }

  /**
   * Lists the files that are not the same in two revisions, by path. `from`: the first parent of `to`, if
   * nothing is said. What only moved is `renamed`.
   */
  async diff(
    options: InRepo & Window & { to: string; from?: string; path?: string },
  ): Promise<List<FileChange>> {
    const { limit, offset } = windowOf(options);
    const { to, from, path = "" } = options;
    return told(async () => {
      const core = await this.#context.core();
      const asked = { path, limit: PAGE, renames: true };
      const repo = this.#context.repo(options);
      const { changes, more } = await core.diffTrees(repo, from, to, asked);
      const data = changes.slice(offset, offset + limit).map(changeFrom);
      const total = changes.length + (more ? 1 : 0);
      return {
        object: "list",
        data,
        limit,
        offset,
        total_count: total,
        has_more: offset + data.length < total,
      };
    });
  }

  /** Compares the two sides of a change line by line, with so many lines of `context` around. */
  async compare(
    options: InRepo & { change: Pick<FileChange, "old" | "new">; context?: number },
  ): Promise<FileDiff> {
    const { change, context = 3 } = options;
    return told(async () => {
      const repo = this.#context.repo(options);
      const { kind, hunks } = await (
        await this.#context.core()
      ).diffFiles(repo, change.old?.id, change.new?.id, context);
      return { object: "diff", kind, hunks: hunks.map(hunkFrom) };
    });
  }
}

function commitFrom({ id, tree, parents, author, committer, message }: core.CommitInfo): Commit {
  return {
    object: "commit",
    id,
    tree,
    parents,
    author: signature(author),
    committer: signature(committer),
    message,
  };
}

function signature({ name, email, timeS, zoneMinutes }: core.Person): Signature {
  return { name, email, time_s: timeS, zone_minutes: zoneMinutes };
}

const utf8 = new TextDecoder();

function changeFrom({ kind, path, oldPath, old, new: now }: core.TreeChange): FileChange {
  const side = (at: core.Side | undefined): Side | null => (at ? { mode: modeOf(at.mode), id: at.id } : null);
  return {
    object: "change",
    kind,
    path: utf8.decode(path),
    old_path: oldPath ? utf8.decode(oldPath) : null,
    old: side(old),
    new: side(now),
  };
}

function hunkFrom({ oldStart, oldLines, newStart, newLines, text }: core.Hunk): FileDiff["hunks"][number] {
  return {
    old_start: oldStart,
    old_lines: oldLines,
    new_start: newStart,
    new_lines: newLines,
    text: utf8.decode(text),
  };
}
