// `trunks.tags`: names that stay where they are.

import type { Reference } from "#core";
import { personOf } from "./commit.js";
import { shortName, type Context } from "./context.js";
import { told, TrunksError } from "./error.js";
import { listOf } from "./list.js";
import type { Author, InRepo, List, Tag, Window } from "./resources.js";

const TAGS = "refs/tags/";

export class Tags {
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
  }

  /**
   * Makes a tag. `on`: what `HEAD` means, if nothing is said. With a message it is an annotated one, by
   * `tagger`.
   */
  async create(
    options: InRepo & { name: string; on?: string; message?: string; tagger?: Author },
  ): Promise<Tag> {
    const { name, on = "HEAD", message, tagger = this.#context.author } = options;
    return told(async () => {
      const repo = this.#context.repo(options);
      const core = await this.#context.core();
      if (message === undefined) {
        const id = await core.createTag(repo, name, on);
        return { object: "tag", name, id, target: id };
      }
      await core.createTag(repo, name, on, { tagger: personOf(tagger), message });
      return this.#tag(repo, name);
    });
  }

  async get(options: InRepo & { name: string }): Promise<Tag> {
    return told(() => this.#tag(this.#context.repo(options), options.name));
  }

  /** Lists the tags by name. `prefix`: of their names. */
  async list(options: InRepo & Window & { prefix?: string } = {}): Promise<List<Tag>> {
    return told(async () => {
      const { refs } = await this.#context.refs(
        this.#context.repo(options),
        [TAGS + (options.prefix ?? "")],
        true,
      );
      return listOf(refs.map(tagFrom), options);
    });
  }

  /** Deletes a tag. `from`: the object that it must name. */
  async delete(options: InRepo & { name: string; from?: string }): Promise<Tag> {
    return told(async () => {
      const repo = this.#context.repo(options);
      const tag = await this.#tag(repo, options.name);
      await (await this.#context.core()).deleteTag(repo, options.name, options.from ?? tag.id);
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
  return { object: "tag", name: shortName(ref, TAGS), id: ref.id, target: ref.peeled ?? ref.id };
}
