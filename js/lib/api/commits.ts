// `trunks.commits`: making commits and reading history.

import { makeCommit } from "./commit.js";
import type { Context } from "./context.js";
import { told } from "./error.js";
import type { MadeCommit, NewCommit } from "./resources.js";

export class Commits {
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
  }

  /**
   * Makes a commit of several writes, removes and renames. If another writer moved the branch meanwhile and
   * touched other files, it is made again on what is there now; else it is a `conflict`.
   */
  async create(asked: NewCommit): Promise<MadeCommit> {
    return told(() => makeCommit(this.#context, asked));
  }
}
