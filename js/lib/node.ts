// The package in Node.

import { readFile } from "node:fs/promises";
import * as core from "#core";
import { loadCoreBy } from "./core.js";

loadCoreBy(async () => {
  const bytes = await readFile(new URL("../web/trunks_bg.wasm", import.meta.url));
  await core.default({ module_or_path: bytes });
  return core;
});

export * from "./index.js";
export { Disk } from "./store/disk/index.js";
