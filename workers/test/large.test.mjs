// A repository of many objects goes both ways in the memory and the calls that a Worker has.

import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { createInterface } from "node:readline";
import { history } from "./history.mjs";
import { create, git, judge, place, remote, start, token } from "./worker.mjs";

const MEMORY_BYTES = 96 * 1024 * 1024;
const CALLS = 1000;
const OBJECTS = 95_000;
const DEPTH = 50;
// The least that the pack measures. The long form, which takes minutes, is asked for by `cargo xtask worker --long`.
const IS_LONG = process.env.TRUNKS_TEST_LONG === "1";
const PACK_MIB = IS_LONG ? 150 : 18;
// What of each file is new and does not compress: with it the pack has that size.
const NEW_BYTES = IS_LONG ? 4500 : 0;

test(`${PACK_MIB} MiB, ${OBJECTS} objects with deltas ${DEPTH} deep, go both ways`, async (t) => {
  const lines = [];
  const worker = await start(t, {
    bindings: { LOG_REQUESTS: "1" },
    handleRuntimeStdio: (stdout, stderr) => {
      for (const stream of [stdout, stderr]) createInterface(stream).on("line", (line) => lines.push(line));
    },
  });
  await create(worker, "large");
  const url = remote(worker, "large", token("large", "write"));
  const one = await history(await place(worker, "large"), { objects: OBJECTS, deep: DEPTH, newBytes: NEW_BYTES });
  const [objects, size] = await Promise.all([count(one), git(one, "count-objects", "-v")]);
  assert.ok(objects >= OBJECTS, `${objects} objects`);
  const packed = Number(/size-pack: (\d+)/.exec(size)[1]) / 1024;
  assert.ok(packed >= PACK_MIB, `${packed} MiB`);
  assert.equal(await depth(one), DEPTH);
  t.diagnostic(`${objects} objects, ${packed.toFixed(1)} MiB, deltas ${DEPTH} deep`);

  const pushed = performance.now();
  await git(one, "push", "--quiet", url, "main");
  const cloned = performance.now();
  await git(worker.directory, "clone", "--quiet", "--bare", url, "clone");
  const done = performance.now();
  t.diagnostic(`push ${((cloned - pushed) / 1000).toFixed(1)} s, clone ${((done - cloned) / 1000).toFixed(1)} s`);
  assert.equal(await count(join(worker.directory, "clone")), objects);
  await judge(worker, "large");

  const told = lines.flatMap((line) => {
    const found = /(\w+ \S+): calls=(\d+) memory_bytes=(\d+)/.exec(line);
    return found ? [{ request: found[1], calls: Number(found[2]), memory: Number(found[3]) }] : [];
  });
  assert.ok(told.length >= 4, lines.join("\n"));
  for (const { request, calls, memory } of told) {
    t.diagnostic(`${request}: ${calls} calls, ${(memory / 1024 / 1024).toFixed(1)} MiB`);
    assert.ok(calls <= CALLS, `${request}: ${calls} calls`);
    assert.ok(memory <= MEMORY_BYTES, `${request}: ${memory} bytes`);
  }
});

async function count(directory) {
  const said = await git(directory, "count-objects", "-v");
  return Number(/in-pack: (\d+)/.exec(said)[1]) + Number(/^count: (\d+)/m.exec(said)[1]);
}

/** How many deltas stand on each other at most. */
async function depth(directory) {
  const place = "objects/pack";
  const names = (await readdir(join(directory, place))).filter((name) => name.endsWith(".idx"));
  const said = await git(directory, "verify-pack", "-s", ...names.map((name) => join(place, name)));
  return Math.max(...[...said.matchAll(/chain length = (\d+)/g)].map(([, length]) => Number(length)));
}
