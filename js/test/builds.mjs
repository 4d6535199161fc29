// What `cargo xtask js` builds, each loaded as its users would load it.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

const dist = new URL("../dist/", import.meta.url);

async function web() {
  const module = await import(new URL("web/trunks.js", dist));
  // A browser fetches it; Node 20 cannot fetch a file.
  await module.default({ module_or_path: await readFile(new URL("web/trunks_bg.wasm", dist)) });
  return module;
}

export const builds = [
  ["nodejs", createRequire(import.meta.url)(new URL("nodejs/trunks.js", dist).pathname)],
  ["web", await web()],
];
