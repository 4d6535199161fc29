// The door to the repositories of a store.

import type { Store } from "#core";
import { Branches } from "./branches.js";
import { Commits } from "./commits.js";
import { Context } from "./context.js";
import { Files } from "./files.js";
import { Repos } from "./repos.js";
import type { Author } from "./resources.js";
import { Tags } from "./tags.js";

export interface TrunksOptions {
  /** Where the repositories are. */
  store: Store | Promise<Store>;
  /** The repository that calls are about which name none. */
  repo?: string;
  /** Who commits, where a call does not say. */
  author?: Author;
}

/** The repositories of a store. Making one asks the store nothing. */
export class Trunks {
  readonly repos: Repos;
  readonly branches: Branches;
  readonly tags: Tags;
  readonly commits: Commits;
  readonly files: Files;

  constructor(options: TrunksOptions) {
    const context = new Context(options);
    this.repos = new Repos(context);
    this.branches = new Branches(context);
    this.tags = new Tags(context);
    this.commits = new Commits(context);
    this.files = new Files(context);
  }
}
