// The package in a Worker, where WebAssembly is a module that is imported.

import * as core from "#core";
import module from "../web/trunks_bg.wasm";
import { loadCoreBy } from "./core.js";

loadCoreBy(async () => {
  core.initSync({ module });
  return core;
});

export * from "./index.js";
