// What all resources share: the store, the repository that calls are about, who commits.

import type { Listing, Reference, Repositories, Store } from "#core";
import { repositoriesOf } from "../core.js";
import { invalid, TrunksError } from "./error.js";
import type { Author, InRepo } from "./resources.js";

const HEADS = "refs/heads/";

/** What a `Trunks` was made with. */
export interface ContextOptions {
  store: Store | Promise<Store>;
  repo?: string;
  author?: Author;
}

export class Context {
  readonly author: Author | undefined;
  readonly #store: ContextOptions["store"];
  readonly #repo: string | undefined;
  #core: Promise<Repositories> | undefined;

  constructor({ store, repo, author }: ContextOptions) {
    this.#store = store;
    this.#repo = repo;
    this.author = author;
  }

  /** The core over the store. */
  core(): Promise<Repositories> {
    return (this.#core ??= Promise.resolve(this.#store).then(repositoriesOf));
  }

  /** The repository that a call is about. */
  repo({ repo = this.#repo }: InRepo): string {
    if (repo === undefined) throw invalid("name the repository, here or when the Trunks is made: { repo: \"app\" }");
    return repo;
  }

  /** `HEAD` and the refs that start with one of `prefixes`. `peel`: with what all tags lead to. */
  async refs(repo: string, prefixes: string[], peel = false): Promise<Listing> {
    return (await this.core()).refs(repo, prefixes, peel);
  }

  /** The branch that `HEAD` follows, without `refs/heads/`. */
  async defaultBranch(repo: string): Promise<string> {
    const { head } = await this.refs(repo, ["refs/none/"]);
    const name = branchOf(head);
    if (name === undefined) throw invalid(`HEAD of ${repo} follows no branch: name one`);
    return name;
  }

  /** The revision that a call reads. */
  async revision(repo: string, ref: string | undefined): Promise<string> {
    return ref ?? (await this.defaultBranch(repo));
  }

  /** The commit that `revision` names: a branch, a tag, a ref in full or a commit's id. */
  async commitOf(repo: string, revision: string): Promise<string> {
    if (/^[0-9a-f]{40}$/.test(revision)) return revision;
    const names = revision.startsWith("refs/")
      ? [revision]
      : [`refs/tags/${revision}`, HEADS + revision];
    const { head, refs } = await this.refs(repo, names, true);
    const found = names.map((name) => refs.find((ref) => ref.name === name)).find((ref) => ref);
    if (found) return found.peeled ?? found.id;
    if (revision === "HEAD" && "detached" in head) return head.detached;
    if (revision === "HEAD" && "symbolic" in head) return this.commitOf(repo, head.symbolic);
    throw new TrunksError("not-found", `${repo} has no branch, tag or commit ${revision}`);
  }

  /** Moves one ref by compare-and-swap. */
  async move(repo: string, update: Parameters<Repositories["updateRefs"]>[1][number]): Promise<void> {
    const [error] = await (await this.core()).updateRefs(repo, [update]);
    if (error) throw error;
  }
}

/** The branch that a `HEAD` follows, without `refs/heads/`. */
export function branchOf(head: Listing["head"]): string | undefined {
  const followed = "symbolic" in head ? head.symbolic : "";
  return followed.startsWith(HEADS) ? followed.slice(HEADS.length) : undefined;
}

/** The part of a ref's name after `prefix`. */
export function shortName(ref: Reference, prefix: string): string {
  return ref.name.slice(prefix.length);
}
