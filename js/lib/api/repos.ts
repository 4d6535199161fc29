// `trunks.repos`: the repositories of a store.

import { branchOf, type Context } from "./context.js";
import { told } from "./error.js";
import { listOf } from "./list.js";
import type { List, Repo, Window } from "./resources.js";

const PAGE = 1000;

export class Repos {
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
  }

  /**
   * Makes an empty repository.
   *
   * `default_branch`: `main`, if nothing is said. `static`: whether `info/refs` and `objects/info/packs` are
   * kept, so that it can be read over HTTPS from any static host; it costs two puts a push.
   */
  async create(options: { name: string; default_branch?: string; static?: boolean }): Promise<Repo> {
    const { name, default_branch: branch = "main", static: isStatic = false } = options;
    return told(async () => {
      const core = await this.#context.core();
      await core.create(name, { defaultBranch: branch, isStatic, id: crypto.randomUUID() });
      return { object: "repo", name, default_branch: branch, static: isStatic, public: false };
    });
  }

  async get({ name }: { name: string }): Promise<Repo> {
    return told(() => this.#repo(name));
  }

  /** Lists the repositories, in the order of their keys. */
  async list(window: Window = {}): Promise<List<Repo>> {
    return told(async () => {
      const core = await this.#context.core();
      const names: string[] = [];
      for (let page; (page = await core.names(names.at(-1), PAGE)).length > 0;) {
        names.push(...page);
        if (page.length < PAGE) break;
      }
      const { data, ...envelope } = listOf(names, window);
      return { ...envelope, data: await Promise.all(data.map((name) => this.#repo(name))) };
    });
  }

  /** Deletes a repository and all that it holds. */
  async delete({ name }: { name: string }): Promise<Repo> {
    return told(async () => {
      const repo = await this.#repo(name);
      await (await this.#context.core()).remove(name);
      return repo;
    });
  }

  /** Makes `HEAD` follow another branch, which clones then check out; lets all read it, or no longer. */
  async update(options: { name: string; default_branch?: string; public?: boolean }): Promise<Repo> {
    const { name, default_branch: branch, public: isPublic } = options;
    return told(async () => {
      const core = await this.#context.core();
      if (branch !== undefined) await core.setHead(name, { symbolic: `refs/heads/${branch}` });
      if (isPublic !== undefined) await core.setPublic(name, isPublic);
      return this.#repo(name);
    });
  }

  async #repo(name: string): Promise<Repo> {
    const { head, isStatic, isPublic } = await (await this.#context.core()).show(name);
    return {
      object: "repo",
      name,
      default_branch: branchOf(head) ?? null,
      static: isStatic,
      public: isPublic,
    };
  }
}
