// `trunks.tags`: names that stay where they are.

import type { Reference } from "#core";
import { shortName, type Context } from "./context.js";
import { told, TrunksError } from "./error.js";
import { listOf } from "./list.js";
import type { InRepo, List, Tag, Window } from "./resources.js";

const TAGS = "refs/tags/";

export class Tags {
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
  }

  /** Makes a lightweight tag. `on`: the default branch, if nothing is said. */
  async create(options: InRepo & { name: string; on?: string }): Promise<Tag> {
    return told(async () => {
      const repo = this.#context.repo(options);
      const on = await this.#context.revision(repo, options.on);
      const commit = await this.#context.commitOf(repo, on);
      await this.#context.move(repo, { name: TAGS + options.name, old: "absent", new: commit });
      return { object: "tag", name: options.name, id: commit, commit };
    });
  }

  async get(options: InRepo & { name: string }): Promise<Tag> {
    return told(() => this.#tag(this.#context.repo(options), options.name));
  }

  /** Lists the tags by name. `prefix`: of their names. */
  async list(options: InRepo & Window & { prefix?: string } = {}): Promise<List<Tag>> {
    return told(async () => {
      const { refs } = await this.#context.refs(this.#context.repo(options), [TAGS + (options.prefix ?? "")], true);
      return listOf(refs.map(tagFrom), options);
    });
  }

  async delete(options: InRepo & { name: string }): Promise<Tag> {
    return told(async () => {
      const repo = this.#context.repo(options);
      const tag = await this.#tag(repo, options.name);
      await this.#context.move(repo, { name: TAGS + options.name, old: { is: tag.id } });
      return tag;
    });
  }

  async #tag(repo: string, name: string): Promise<Tag> {
    const { refs } = await this.#context.refs(repo, [TAGS + name], true);
    const found = refs.find((ref) => ref.name === TAGS + name);
    if (!found) throw new TrunksError("not-found", `${repo} has no tag ${name}`);
    return tagFrom(found);
  }
}

function tagFrom(ref: Reference): Tag {
  return { object: "tag", name: shortName(ref, TAGS), id: ref.id, commit: ref.peeled ?? ref.id };
}
