// What a browser has to load.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

// What each step towards it saved is said in docs/adr/0018.
const MOST_BYTES = 250_000;

test("the wasm for browsers is small", (t) => {
  const wasm = readFileSync(new URL("../dist/web/trunks_bg.wasm", import.meta.url));
  const sizeBytes = gzipSync(wasm, { level: 9 }).length;
  t.diagnostic(`trunks_bg.wasm: ${wasm.length} bytes, ${sizeBytes} gzipped, at most ${MOST_BYTES}`);
  assert.ok(sizeBytes <= MOST_BYTES, `${sizeBytes} bytes, more than ${MOST_BYTES}`);
});
