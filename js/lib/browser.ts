// The package in a browser, or in whatever fetches what lies beside a module.

import * as core from "#core";
import { loadCoreBy } from "./core.js";

loadCoreBy(async () => {
  await core.default({ module_or_path: new URL("../web/trunks_bg.wasm", import.meta.url) });
  return core;
});

export * from "./index.js";
export { Folder, type FolderOptions } from "./store/folder/index.js";
export { Opfs } from "./store/folder/opfs.js";
