// Making a commit, and making it again when somebody else was first.

import type * as core from "#core";
import type { Context } from "./context.js";
import { asTrunksError, invalid, TrunksError } from "./error.js";
import type { Author, Change, MadeCommit, NewCommit } from "./resources.js";

const HEADS = "refs/heads/";
/** How often the commit is made again before it is given up. */
const ATTEMPTS = 50;
const LONGEST_PAUSE_MS = 200;

/** Makes a commit. */
export async function makeCommit(context: Context, asked: NewCommit): Promise<MadeCommit> {
  const repo = context.repo(asked);
  const branch = asked.branch ?? (await context.defaultBranch(repo));
  const core = await context.core();
  if (asked.changes.length === 0) throw invalid("a commit needs at least one change");
  const author = personOf(asked.author ?? context.author);
  const committer = asked.committer ? personOf(asked.committer) : author;
  const message = asked.message.endsWith("\n") ? asked.message : `${asked.message}\n`;
  const first = asked.parent === undefined ? await tip(context, repo, branch) : (asked.parent ?? undefined);
  let parent = first;
  for (let attempt = 1; ; attempt++) {
    const changes = await changesOf(core, repo, parent, asked.changes);
    const request = { branch: HEADS + branch, changes, author, committer, message };
    try {
      const id = await core.commit(repo, parent === undefined ? request : { ...request, parent });
      return { object: "commit", id, branch, parents: parent === undefined ? [] : [parent], message };
    } catch (thrown) {
      const error = asTrunksError(thrown);
      const isLost = error instanceof TrunksError && error.code === "conflict";
      if (!isLost || asked.parent !== undefined || attempt === ATTEMPTS) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, Math.random() * Math.min(2 ** attempt, LONGEST_PAUSE_MS)));
    parent = await tip(context, repo, branch);
    await demandUntouched(core, repo, asked, first, parent);
  }
}

/** The commit that a branch is at, if it is there. */
async function tip(context: Context, repo: string, branch: string): Promise<string | undefined> {
  const { refs } = await context.refs(repo, [HEADS + branch]);
  return refs.find((ref) => ref.name === HEADS + branch)?.id;
}

/** Throws a conflict unless what the changes touch is the same in both commits. */
async function demandUntouched(
  repositories: core.Repositories,
  repo: string,
  { changes, branch }: NewCommit,
  before: string | undefined,
  now: string | undefined,
): Promise<void> {
  const at = (commit: string | undefined, path: string) => look(repositories, repo, commit, path);
  await Promise.all(changes.flatMap(pathsOf).map(async (path) => {
    const [was, is] = await Promise.all([at(before, path), at(now, path)]);
    if (was === is) return;
    throw new TrunksError("conflict", `${path} was changed on ${branch ?? "the branch"} by another writer meanwhile`);
  }));
}

/** What lies at a path, as one word that differs where it does; nothing if there is nothing. */
async function look(
  repositories: core.Repositories,
  repo: string,
  commit: string | undefined,
  path: string,
): Promise<string | undefined> {
  if (commit === undefined) return undefined;
  try {
    const { id, mode } = await repositories.stat(repo, commit, path);
    return `${mode} ${id}`;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function pathsOf(change: Change): string[] {
  if ("write" in change) return [change.write];
  return "remove" in change ? [change.remove] : [change.rename, change.to];
}

async function changesOf(
  repositories: core.Repositories,
  repo: string,
  parent: string | undefined,
  changes: Change[],
): Promise<core.Change[]> {
  const made = changes.map(async (change): Promise<core.Change[]> => {
    if ("write" in change) {
      const { write, content, mode = "100644" } = change;
      const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
      return [{ path: write, content: { mode: Number.parseInt(mode, 8), bytes } }];
    }
    if ("remove" in change) return [{ path: change.remove }];
    if ("rename" in change) return renamed(repositories, repo, parent, change.rename, change.to);
    throw invalid("a change is one of { write, content }, { remove } and { rename, to }");
  });
  return (await Promise.all(made)).flat();
}

/** A file at another path, or all files of a directory. */
async function renamed(
  repositories: core.Repositories,
  repo: string,
  parent: string | undefined,
  from: string,
  to: string,
): Promise<core.Change[]> {
  if (parent === undefined) throw new TrunksError("not-found", `there is no ${from} on a branch that is not there`);
  const { mode } = await repositories.stat(repo, parent, from);
  if (mode === 0o160000) throw invalid(`${from} is a submodule, which cannot be renamed here`);
  if (mode !== 0o040000) {
    const { bytes } = await repositories.readFile(repo, parent, from);
    return [{ path: from }, { path: to, content: { mode, bytes } }];
  }
  const entries = await repositories.listFiles(repo, parent, from);
  const below = entries.map(({ name }) => {
    const child = new TextDecoder("utf-8", { fatal: true }).decode(name);
    return renamed(repositories, repo, parent, `${from}/${child}`, `${to}/${child}`);
  });
  return (await Promise.all(below)).flat();
}

function isMissing(error: unknown): boolean {
  return (error as { code?: string } | undefined)?.code === "not-found";
}

function personOf(author: Author | undefined): core.Person {
  if (!author) {
    throw invalid('say who commits, here or when the Trunks is made: { author: { name: "Ada", email: "ada@example.com" } }');
  }
  const { name, email, time_s: timeS = Math.floor(Date.now() / 1000), zone_minutes: zoneMinutes } = author;
  return { name, email, timeS, zoneMinutes: zoneMinutes ?? -new Date(timeS * 1000).getTimezoneOffset() };
}
