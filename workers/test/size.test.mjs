// What is deployed stays small: a Worker is loaded wherever a request comes in first.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { BUILD } from "./worker.mjs";

// With Node's zlib, which packs 1 % worse than gzip does. docs/adr/0018 says how it got there.
const MOST_BYTES = 400 * 1024;

test("the bundle does not grow, compressed", async (t) => {
  let bytes = 0;
  for (const name of ["index.js", "index_bg.wasm"]) {
    const { length } = gzipSync(await readFile(join(BUILD, name)), { level: 9 });
    t.diagnostic(`${name}: ${(length / 1024).toFixed(1)} KiB`);
    bytes += length;
  }
  assert.ok(bytes <= MOST_BYTES, `${bytes} bytes`);
});
