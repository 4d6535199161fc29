// Twenty writers of one branch, each with writes, removes and renames in one commit; and files that are larger
// than what reading them may take.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import { promisify } from "node:util";
import { Disk, Memory, Trunks } from "@layerbrain/trunks";
import { fsck, git, scratch } from "./scratch.mjs";

const run = promisify(execFile);
const author = { name: "Ada", email: "ada@example.com" };
const WRITERS = 20;
const LIBRARY = JSON.stringify(import.meta.resolve("@layerbrain/trunks"));

for (const [name, open] of [["memory", () => new Memory()], ["disk", (t) => new Disk(scratch(t))]]) {
  test(`${name}: twenty writers write, remove and rename at once, and retry where they do not conflict`, async (t) => {
    const store = open(t);
    const each = Array.from({ length: WRITERS }, () => new Trunks({ store, repo: "app", author }));
    const [first] = each;
    await first.repos.create({ name: "app" });
    const base = await first.commits.create({
      message: "Begin",
      changes: each.flatMap((_, writer) => [
        { write: `${writer}/old/a`, content: `a ${writer}` },
        { write: `${writer}/old/b`, content: `b ${writer}` },
        { write: `${writer}/gone`, content: "gone" },
        { write: `${writer}/kept`, content: "kept" },
      ]).concat({ write: "shared", content: "0" }),
    });
    const made = await Promise.all(each.map((trunks, writer) => trunks.commits.create({
      message: `Writer ${writer}`,
      base: base.id,
      changes: [
        { rename: `${writer}/old`, to: `${writer}/new` },
        { write: `${writer}/new/c`, content: `c ${writer}` },
        { remove: `${writer}/gone` },
        { copy: `${writer}/kept`, to: `copies/${writer}` },
      ],
    })));
    assert.equal(new Set(made.map(({ id }) => id)).size, WRITERS);
    // One after the other: each has the one before as its only parent.
    const log = await first.commits.list({ limit: 100 });
    assert.deepEqual(log.data.map(({ parents }) => parents.length), [...Array(WRITERS).fill(1), 0]);
    const paths = [];
    for await (const { path, type } of first.files.walk()) if (type === "file") paths.push(path);
    const wanted = each.flatMap((_, writer) =>
      [`${writer}/kept`, `${writer}/new/a`, `${writer}/new/b`, `${writer}/new/c`, `copies/${writer}`]).concat("shared");
    assert.deepEqual(paths.sort(), wanted.sort());
    assert.equal((await first.files.read({ path: "7/new/b" })).text(), "b 7");
    // Those that touch one file do conflict, whatever else they change: one of them is made, whole.
    const ends = await Promise.allSettled(each.map((trunks, writer) => trunks.commits.create({
      message: "Race", base: base.id, changes: [{ write: "shared", content: `w${writer}` }, { write: `race/${writer}`, content: "" }],
    })));
    assert.deepEqual(ends.map(({ reason }) => reason?.code).filter(Boolean), Array(WRITERS - 1).fill("conflict"));
    const winner = ends.findIndex(({ status }) => status === "fulfilled");
    assert.equal((await first.files.read({ path: "shared" })).text(), `w${winner}`);
    assert.deepEqual((await first.files.list({ path: "race" })).data.map((entry) => entry.name), [`${winner}`]);
    if (store instanceof Disk) fsck(`${store.root}/trunks/app.trunk`);
  });
}

test("programs of their own do the same", async (t) => {
  const disk = new Disk(scratch(t));
  const trunks = new Trunks({ store: disk, repo: "app", author });
  await trunks.repos.create({ name: "app" });
  const writers = [0, 1, 2, 3];
  await trunks.commits.create({ message: "Begin", changes: writers.map((writer) => ({ write: `at-0/${writer}`, content: `${writer}` })) });
  const source = `
    import { Disk, Trunks } from ${LIBRARY};
    const [root, writer] = process.argv.slice(1);
    const trunks = new Trunks({ store: new Disk(root), repo: "app", author: ${JSON.stringify(author)} });
    for (let round = 0; round < 5; round++) {
      const changes = [{ rename: \`at-\${round}/\${writer}\`, to: \`at-\${round + 1}/\${writer}\` }, { write: \`by/\${writer}/\${round}\`, content: "x" }];
      await trunks.commits.create({ message: "Move on", changes });
    }`;
  await Promise.all(writers.map((writer) => run("node", ["--input-type=module", "--eval", source, disk.root, `${writer}`])));
  assert.deepEqual((await trunks.files.list()).data.map(({ name }) => name), ["at-5", "by"]);
  assert.equal((await trunks.files.list({ path: "at-5" })).total_count, writers.length);
  assert.equal((await trunks.commits.list({ limit: 100 })).total_count, 1 + 5 * writers.length);
  fsck(`${disk.root}/trunks/app.trunk`);
});

const LARGE_BYTES = 256 << 20;
const MOST_BYTES = 160 << 20;

test("a range of a file of 256 MiB is read in less memory than the file takes", async (t) => {
  const root = scratch(t);
  const trunks = new Trunks({ store: new Disk(root), repo: "app", author });
  await trunks.repos.create({ name: "app" });
  const large = randomBytes(LARGE_BYTES);
  git(root, "clone", "--quiet", `${root}/trunks/app.trunk`, "work");
  writeFileSync(`${root}/work/large.bin`, large);
  const plain = ["-c", "core.compression=0", "-c", "pack.compression=0"];
  git(`${root}/work`, ...plain, "add", ".");
  git(`${root}/work`, "commit", "--quiet", "--message", "Large");
  git(`${root}/work`, ...plain, "push", "--quiet", "origin", "HEAD:main");
  const ranges = [[0, 16], [LARGE_BYTES / 2 - 3, LARGE_BYTES / 2 + 5], [LARGE_BYTES - 8, LARGE_BYTES + 8]];
  // In a program of its own, so that its memory is what reading takes.
  const source = `
    import { readFileSync } from "node:fs";
    import { Disk, Trunks } from ${LIBRARY};
    const trunks = new Trunks({ store: new Disk(process.argv[1]), repo: "app" });
    const found = [];
    for (const [start, end] of ${JSON.stringify(ranges)}) {
      const { bytes, size_bytes } = await trunks.files.read({ path: "large.bin", range: { start, end } });
      found.push([Buffer.from(bytes).toString("hex"), size_bytes]);
    }
    // What rusage tells may be the parent's.
    const [, mostKb] = /VmHWM:\\s+(\\d+) kB/.exec(readFileSync("/proc/self/status", "utf8"));
    console.log(JSON.stringify({ found, mostBytes: mostKb * 1024 }));`;
  const { stdout } = await run("node", ["--input-type=module", "--eval", source, root]);
  const { found, mostBytes } = JSON.parse(stdout);
  t.diagnostic(`${Math.round(mostBytes / 2 ** 20)} MiB`);
  assert.deepEqual(found, ranges.map(([start, end]) => [large.subarray(start, end).toString("hex"), LARGE_BYTES]));
  assert.ok(mostBytes <= MOST_BYTES, `${mostBytes} bytes`);
});
