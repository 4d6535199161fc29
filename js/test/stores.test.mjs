// The stores that need no server do what every store must do.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Disk, Memory } from "@layerbrain/trunks";
import { behaviours, conformance } from "./conformance.mjs";
import { MapStore } from "./map-store.mjs";

test("the behaviours are those of the native stores", () => {
  const rust = readFileSync(new URL("../../tests/src/conformance/mod.rs", import.meta.url), "utf8");
  const body = /macro_rules! each_behaviour \{([^]*?)\n\}/.exec(rust)[1];
  const names = [...body.matchAll(/^ +(\w+::\w+)$/gm)].map(([, name]) => name);
  assert.ok(names.length > 30);
  assert.deepEqual(behaviours.map(([name]) => name).sort(), names.sort());
});

conformance("map", () => new MapStore());
conformance("memory", () => new Memory());
conformance("disk", (whenOver) => {
  const directory = mkdtempSync(join(tmpdir(), "trunks-js-"));
  whenOver(() => rmSync(directory, { recursive: true }));
  return new Disk(directory);
});
