// What `info/refs` and `objects/info/packs` say: all that a static host tells about a repository.

import type { Value } from "#core";
import { StoreError } from "../error.js";
import { ask, shown, type Wire } from "./request.js";

/** A repository's refs and packs, as they were at one time. */
export interface Snapshot {
  /** The content of `HEAD`. */
  head: Uint8Array;
  /** All refs, as a `packed-refs` file. */
  packedRefs: Uint8Array;
  /** The names of the packs: `pack-<hash>`. */
  packs: string[];
  /** The repository's `config`, once it was asked for. */
  config?: Promise<Value | undefined>;
}

const HEAD = /^(ref: \S+|[0-9a-f]{40}([0-9a-f]{24})?)\s*$/;

/** Reads the snapshot of the repository at `base`. Nothing where there is no repository. */
export async function readSnapshot(wire: Wire, base: string, root: string): Promise<Snapshot | undefined> {
  const [head, refs, packs] = await Promise.all([
    text(wire, base, root, "HEAD"),
    text(wire, base, root, "info/refs"),
    text(wire, base, root, "objects/info/packs"),
  ]);
  if (head === undefined) return undefined;
  if (!HEAD.test(head)) {
    throw new StoreError(
      "failed",
      `${root}HEAD`,
      `${shown(base)} is no repository: what it calls HEAD is none of git's`,
    );
  }
  if (refs === undefined) {
    const advice = "make it static, or run git update-server-info in it";
    throw new StoreError("failed", `${root}info/refs`, `${shown(base)} does not list its refs: ${advice}`);
  }
  return {
    head: utf8.encode(head),
    packedRefs: utf8.encode(packedRefsFrom(refs, root)),
    packs: [...(packs ?? "").matchAll(/^P (pack-[0-9a-zA-Z]+)\.pack$/gm)].map(([, name = ""]) => name),
  };
}

const utf8 = new TextEncoder();

/** `info/refs` as `packed-refs`: the same, but for where what a tag leads to is written. */
function packedRefsFrom(refs: string, root: string): string {
  const lines = ["# pack-refs with: peeled fully-peeled sorted "];
  for (const line of refs.split("\n")) {
    if (line === "") continue;
    const [, id, name, peeled] = /^([0-9a-f]{40,64})\t(refs\/\S+?)(\^\{\})?$/.exec(line) ?? [];
    if (id === undefined)
      throw new StoreError("failed", `${root}info/refs`, "info/refs holds a line that is none of git's");
    lines.push(peeled ? `^${id}` : `${id} ${name}`);
  }
  return `${lines.join("\n")}\n`;
}

async function text(wire: Wire, base: string, root: string, path: string): Promise<string | undefined> {
  const answer = await ask(wire, base + path, root + path);
  if (!("status" in answer)) return new TextDecoder().decode(answer.bytes);
  // A bucket that may not be listed says so of what is not there.
  if (answer.status === 404 || answer.status === 410 || (answer.status === 403 && path !== "HEAD"))
    return undefined;
  const isPrivate = answer.status === 401 || answer.status === 403;
  const reason = isPrivate
    ? "the host lets nobody read it without credentials"
    : `the host answers ${answer.status}`;
  throw new StoreError(isPrivate ? "denied" : "failed", root + path, `${shown(base + path)}: ${reason}`);
}
