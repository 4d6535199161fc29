// What all resources share: the store, the repository that calls are about, who commits.

import type { Listing, Reference, Repositories, Store } from "#core";
import { repositoriesOf } from "../core.js";
import { invalid } from "./error.js";
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
  readonly #turns = new Map<string, Promise<unknown>>();
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
    if (repo === undefined)
      throw invalid('name the repository, here or when the Trunks is made: { repo: "app" }');
    return repo;
  }

  /** `HEAD` and the refs that start with one of `prefixes`. `peel`: with what all tags lead to. */
  async refs(repo: string, prefixes: string[], peel = false): Promise<Listing> {
    return (await this.core()).refs(repo, prefixes, peel);
  }

  /** The branch that `HEAD` follows, without `refs/heads/`. */
  async defaultBranch(repo: string): Promise<string> {
    const name = branchOf((await (await this.core()).show(repo)).head);
    if (name === undefined) throw invalid(`HEAD of ${repo} follows no branch: name one`);
    return name;
  }

  /** Does `work` when those that came before it for the same branch are done: they would only race. */
  async inTurn<T>(branch: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#turns.get(branch) ?? Promise.resolve()).then(work);
    const done = turn.catch(() => {});
    this.#turns.set(branch, done);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(branch) === done) this.#turns.delete(branch);
    }
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
