// Making a commit.

import type * as core from "#core";
import type { Context } from "./context.js";
import { invalid } from "./error.js";
import type { Author, Change, MadeCommit, NewCommit } from "./resources.js";

/** Makes a commit, on whatever the branch is at unless `asked` says otherwise. */
export async function makeCommit(context: Context, asked: NewCommit): Promise<MadeCommit> {
  if (typeof asked.message !== "string") throw invalid("a commit needs a message, which is a string");
  if (!Array.isArray(asked.changes) || asked.changes.length === 0)
    throw invalid("a commit needs at least one change");
  if (asked.base !== undefined && asked.parent !== undefined) throw invalid("say base or parent, not both");
  const repo = context.repo(asked);
  const author = personOf(asked.author ?? context.author);
  const committer = asked.committer ? personOf(asked.committer) : author;
  const message = asked.message.endsWith("\n") ? asked.message : `${asked.message}\n`;
  const changes = asked.changes.map(changeOf);
  const repositories = await context.core();
  const branch = asked.branch ?? (await context.defaultBranch(repo));
  const request = { branch: `refs/heads/${branch}`, changes, author, committer, message };
  const made = (id: string, parent?: string | null): MadeCommit => ({
    object: "commit",
    id,
    branch,
    parents: parent == null ? [] : [parent],
    message,
  });
  const { parent, base } = asked;
  if (parent !== undefined) {
    return made(await repositories.commit(repo, parent === null ? request : { ...request, parent }), parent);
  }
  return context.inTurn(`${repo} ${branch}`, async () => {
    const applied = await repositories.apply(
      repo,
      base === undefined ? request : { ...request, parent: base },
    );
    return made(applied.id, applied.parent);
  });
}

function changeOf(change: Change): core.Change {
  if ("write" in change) {
    const { write, content, mode = "100644" } = change;
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    if (!(bytes instanceof Uint8Array)) throw invalid(`content of ${write} must be a string or a Uint8Array`);
    if (!/^(100644|100755|120000)$/.test(mode)) throw invalid(`mode of ${write} is 100644, 100755 or 120000`);
    return { path: write, content: { mode: Number.parseInt(mode, 8), bytes } };
  }
  if ("remove" in change) return { path: change.remove };
  if ("rename" in change) return { path: change.to, movedFrom: change.rename };
  if ("copy" in change) return { path: change.to, copiedFrom: change.copy };
  throw invalid("a change is one of { write, content }, { remove }, { rename, to } and { copy, to }");
}

/** A person as the core wants them. */
export function personOf(author: Author | undefined): core.Person {
  if (!author) {
    const example = '{ author: { name: "Ada", email: "ada@example.com" } }';
    throw invalid(`say who commits, here or when the Trunks is made: ${example}`);
  }
  const { name, email, time_s: timeS = Math.floor(Date.now() / 1000), zone_minutes: zoneMinutes } = author;
  return { name, email, timeS, zoneMinutes: zoneMinutes ?? -new Date(timeS * 1000).getTimezoneOffset() };
}
