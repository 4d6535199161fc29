// The package in Node.

import { readFile } from "node:fs/promises";
import * as core from "#core";
import { Trunks as Anywhere, type TrunksOptions as AnywhereOptions } from "./api/trunks.js";
import { loadCoreBy } from "./core.js";
import { storageHere, storeAt } from "./settings.js";

loadCoreBy(async () => {
  const bytes = await readFile(new URL("../web/trunks_bg.wasm", import.meta.url));
  await core.default({ module_or_path: bytes });
  return core;
});

export interface TrunksOptions extends Partial<AnywhereOptions> {
  /** Where the repositories are, as the command says it: `s3://bucket/prefix`. */
  url?: string;
  /** Where neither store nor URL is given: the storage of the git repository in here is taken. */
  cwd?: string;
}

/** The repositories of a store. Making one asks the store nothing. */
export class Trunks extends Anywhere {
  constructor({ store, url, cwd = process.cwd(), repo, ...others }: TrunksOptions = {}) {
    const here = store ?? (url === undefined ? undefined : storeAt(url));
    const found = here ? { store: here, ...(repo !== undefined && { repo }) } : storageHere(cwd, repo);
    super({ ...others, ...found });
  }
}

export * from "./index.js";
export { Disk } from "./store/disk/index.js";
