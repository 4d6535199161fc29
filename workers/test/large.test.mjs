// A repository of many objects goes both ways in the memory and the calls that a Worker has.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { createInterface } from "node:readline";
import { SECRET, create, git, judge, place, remote, start, token } from "./worker.mjs";

const MEMORY_BYTES = 96 * 1024 * 1024;
const CALLS = 1000;
const OBJECTS = 95_000;
const DEPTH = 50;

test(`${OBJECTS} objects with deltas ${DEPTH} deep go both ways`, async (t) => {
  const lines = [];
  const worker = await start(t, {
    bindings: { TRUNKS_SECRET: SECRET, LOG_REQUESTS: "1" },
    handleRuntimeStdio: (stdout, stderr) => {
      for (const stream of [stdout, stderr]) createInterface(stream).on("line", (line) => lines.push(line));
    },
  });
  await create(worker, "large");
  const url = remote(worker, "large", token("large", "write"));
  const one = await history(worker);
  const [objects, size] = await Promise.all([count(one), git(one, "count-objects", "-v")]);
  assert.ok(objects >= OBJECTS, `${objects} objects`);
  const packed = Number(/size-pack: (\d+)/.exec(size)[1]) / 1024;
  t.diagnostic(`${objects} objects, ${packed.toFixed(1)} MiB, deltas ${await depth(one)} deep`);

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

/** A bare repository whose one pack holds so many objects: a commit, a tree and a blob of a file for each step. */
async function history(worker) {
  const directory = await place(worker, "large");
  await git(directory, "init", "--quiet", "--bare");
  const child = spawn("git", ["fast-import", "--quiet", `--depth=${DEPTH}`], { cwd: directory, stdio: ["pipe", "inherit", "inherit"] });
  const feed = async (text) => {
    if (!child.stdin.write(text)) await once(child.stdin, "drain");
  };
  const commits = Math.ceil(OBJECTS / 3) + 1;
  const words = Array.from({ length: 64 }, (_, at) => `line ${at} of a file that changes a little each time\n`);
  for (let number = 0; number < commits; number++) {
    const file = number % 100;
    words[number % words.length] = `line changed in ${number}: ${noise(number)}\n`;
    const content = `file ${file}\n${words.join("")}`;
    const message = `change ${number}\n`;
    await feed(
      `commit refs/heads/main\ncommitter A U Thor <a@example.com> ${1600000000 + number} +0000\n` +
        `data ${message.length}\n${message}M 100644 inline file${file}\ndata ${content.length}\n${content}\n`,
    );
  }
  child.stdin.end();
  const [status] = await once(child, "close");
  assert.equal(status, 0);
  return directory;
}

/** Text that does not compress much: the same for the same number. */
function noise(number) {
  let state = (number * 2654435761 + 1) >>> 0;
  let text = "";
  for (let at = 0; at < 24; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    text += state.toString(36);
  }
  return text;
}

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
