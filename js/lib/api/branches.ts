// `trunks.branches`: pointers, each moved by compare-and-swap on its own.

import type { Listing, Reference } from "#core";
import { branchOf, shortName, type Context } from "./context.js";
import { told, TrunksError } from "./error.js";
import { listOf } from "./list.js";
import type { Branch, InRepo, List, Window } from "./resources.js";

const HEADS = "refs/heads/";

export class Branches {
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
  }

  /** Makes a branch: one write of a ref, no copy. `from`: what `HEAD` means, if nothing is said. */
  async create(options: InRepo & { name: string; from?: string }): Promise<Branch> {
    const { name, from = "HEAD" } = options;
    return told(async () => {
      const commit = await (await this.#context.core()).createBranch(this.#context.repo(options), name, from);
      return { object: "branch", name, commit, default: false };
    });
  }

  async get(options: InRepo & { name: string }): Promise<Branch> {
    return told(() => this.#branch(this.#context.repo(options), options.name));
  }

  /** Lists the branches by name. `prefix`: of their names. */
  async list(options: InRepo & Window & { prefix?: string } = {}): Promise<List<Branch>> {
    return told(async () => {
      const listing = await this.#context.refs(this.#context.repo(options), [HEADS + (options.prefix ?? "")]);
      return listOf(
        listing.refs.map((ref) => branchFrom(listing, ref)),
        options,
      );
    });
  }

  /**
   * Moves a branch to what `to` means. `from`: the commit that it must be at; where it is found to be, if
   * nothing is said.
   */
  async update(options: InRepo & { name: string; to: string; from?: string }): Promise<Branch> {
    const { name, to, from } = options;
    return told(async () => {
      const repo = this.#context.repo(options);
      const core = await this.#context.core();
      const [now, commit] = await Promise.all([
        this.#branch(repo, name),
        core.resolve(repo, `${to}^{commit}`),
      ]);
      await this.#context.move(repo, { name: HEADS + name, old: { is: from ?? now.commit }, new: commit });
      return { ...now, commit };
    });
  }

  /**
   * Deletes a branch that `HEAD` does not follow; its commits stay until a clean finds that nothing reaches
   * them. `from`: the commit that it must be at.
   */
  async delete(options: InRepo & { name: string; from?: string }): Promise<Branch> {
    const { name, from } = options;
    return told(async () => {
      const commit = await (await this.#context.core()).deleteBranch(this.#context.repo(options), name, from);
      return { object: "branch", name, commit, default: false };
    });
  }

  async #branch(repo: string, name: string): Promise<Branch> {
    const listing = await this.#context.refs(repo, [HEADS + name]);
    const found = listing.refs.find((ref) => ref.name === HEADS + name);
    if (!found) throw new TrunksError("not-found", `${repo} has no branch ${name}`);
    return branchFrom(listing, found);
  }
}

function branchFrom({ head }: Listing, ref: Reference): Branch {
  const name = shortName(ref, HEADS);
  return { object: "branch", name, commit: ref.id, default: branchOf(head) === name };
}
