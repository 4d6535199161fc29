// `trunks.branches`: pointers, each moved by compare-and-swap on its own.

import type { Reference } from "#core";
import { shortName, type Context } from "./context.js";
import { told, TrunksError } from "./error.js";
import { listOf } from "./list.js";
import type { Branch, InRepo, List, Window } from "./resources.js";

const HEADS = "refs/heads/";

export class Branches {
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
  }

  /** Makes a branch: one write of a ref, no copy. `from`: the default branch, if nothing is said. */
  async create(options: InRepo & { name: string; from?: string }): Promise<Branch> {
    return told(async () => {
      const repo = this.#context.repo(options);
      const from = await this.#context.revision(repo, options.from);
      const commit = await this.#context.commitOf(repo, from);
      await this.#context.move(repo, { name: HEADS + options.name, old: "absent", new: commit });
      return { object: "branch", name: options.name, commit };
    });
  }

  async get(options: InRepo & { name: string }): Promise<Branch> {
    return told(() => this.#branch(this.#context.repo(options), options.name));
  }

  /** Lists the branches by name. `prefix`: of their names. */
  async list(options: InRepo & Window & { prefix?: string } = {}): Promise<List<Branch>> {
    return told(async () => {
      const { refs } = await this.#context.refs(this.#context.repo(options), [HEADS + (options.prefix ?? "")]);
      return listOf(refs.map(branchFrom), options);
    });
  }

  /**
   * Moves a branch to another commit. `from`: the commit that it must be at, or whatever is there if
   * nothing is said.
   */
  async update(options: InRepo & { name: string; to: string; from?: string }): Promise<Branch> {
    return told(async () => {
      const { name, from } = options;
      const repo = this.#context.repo(options);
      const commit = await this.#context.commitOf(repo, options.to);
      const old = { is: from ?? (await this.#branch(repo, name)).commit };
      await this.#context.move(repo, { name: HEADS + name, old, new: commit });
      return { object: "branch", name, commit };
    });
  }

  /** Deletes a branch; its commits stay until a clean finds that nothing reaches them. */
  async delete(options: InRepo & { name: string }): Promise<Branch> {
    return told(async () => {
      const repo = this.#context.repo(options);
      const branch = await this.#branch(repo, options.name);
      await this.#context.move(repo, { name: HEADS + options.name, old: { is: branch.commit } });
      return branch;
    });
  }

  async #branch(repo: string, name: string): Promise<Branch> {
    const { refs } = await this.#context.refs(repo, [HEADS + name]);
    const found = refs.find((ref) => ref.name === HEADS + name);
    if (!found) throw new TrunksError("not-found", `${repo} has no branch ${name}`);
    return branchFrom(found);
  }
}

function branchFrom(ref: Reference): Branch {
  return { object: "branch", name: shortName(ref, HEADS), commit: ref.id };
}
