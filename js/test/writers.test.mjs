// One directory, written at once by this package, by `git push` through trunks, and by stock git; and programs
// that are killed while they write.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, watch, writeFileSync } from "node:fs";
import { delimiter } from "node:path";
import { test } from "node:test";
import { Disk, Trunks } from "@layerbrain/trunks";
import { fsck, git, gitBeside, scratch } from "./scratch.mjs";

const binaries = process.env.TRUNKS_TEST_BINARIES ?? new URL("../../target/release", import.meta.url).pathname;
const author = { name: "Ada", email: "ada@example.com" };

async function opened(t) {
  if (!existsSync(`${binaries}/git-remote-trunks`)) throw new Error(`${binaries} has no trunks: run cargo xtask js`);
  // Where git looks for the helper of `trunks::`.
  if (!process.env.PATH.startsWith(binaries)) process.env.PATH = binaries + delimiter + process.env.PATH;
  const root = scratch(t);
  const trunks = new Trunks({ store: new Disk(root), repo: "app", author });
  await trunks.repos.create({ name: "app" });
  await trunks.files.write({ path: "base", content: "0" });
  const directory = `${root}/trunks/app.trunk`;
  git(directory, "config", "receive.autogc", "false");
  return { root, trunks, directory, ways: { stock: directory, trunks: `trunks::local://${root}/app` } };
}

/** Commits to `main` by way of a clone, until each commit was pushed. */
async function push(root, url, name, commits) {
  const work = `${root}/work-${name}`;
  await gitBeside(root, "clone", "--quiet", url, work);
  const done = [];
  for (let round = 0; round < commits; round++) {
    writeFileSync(`${work}/${name}-${round}`, `${round}\n`);
    await gitBeside(work, "add", ".");
    await gitBeside(work, "commit", "--quiet", "--message", `${name} ${round}`);
    while (!(await gitBeside(work, "push", "--quiet", "origin", "main").then(() => true, () => false))) {
      await gitBeside(work, "pull", "--quiet", "--rebase", "origin", "main");
    }
    done.push(`${name}-${round}`);
  }
  return done;
}

/** A Node program of its own that commits and says what was acknowledged. */
function writer(root, name, commits) {
  const source = `
    import { Disk, Trunks } from ${JSON.stringify(import.meta.resolve("@layerbrain/trunks"))};
    const trunks = new Trunks({ store: new Disk(${JSON.stringify(root)}), repo: "app", author: ${JSON.stringify(author)} });
    for (let round = 0; round < ${commits}; round++) {
      await trunks.files.write({ path: "${name}-" + round, content: "x" });
      console.log("${name}-" + round);
    }`;
  const child = spawn("node", ["--input-type=module", "--eval", source], { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout.on("data", (text) => { said += text; });
  const over = once(child, "close");
  return { child, over, acknowledged: () => said.split("\n").slice(0, -1) };
}

const filesOf = (directory) => new Set(git(directory, "ls-tree", "--name-only", "main").split("\n"));

test("Node, trunks and stock git write one branch at once, and every acknowledged commit is there", async (t) => {
  const { root, trunks, directory, ways } = await opened(t);
  const EACH = 5;
  const programs = ["one", "two"].map((name) => writer(root, `node-${name}`, EACH));
  const pushed = await Promise.all([
    push(root, ways.stock, "stock-one", EACH),
    push(root, ways.stock, "stock-two", EACH),
    push(root, ways.trunks, "trunks-one", EACH),
    push(root, ways.trunks, "trunks-two", EACH),
    ...programs.map(async ({ over, acknowledged }) => {
      assert.deepEqual(await over, [0, null]);
      return acknowledged();
    }),
  ]);
  const all = pushed.flat();
  assert.equal(new Set(all).size, 6 * EACH);
  const files = filesOf(directory);
  for (const name of all) assert.ok(files.has(name), `${name} is lost`);
  assert.equal(git(directory, "rev-list", "--count", "main"), `${1 + 6 * EACH}\n`);
  fsck(directory);
  assert.equal((await trunks.commits.list({ limit: 1000 })).total_count, 1 + 6 * EACH);
});

test("Node programs are killed in the midst of commits: all others go on, and nothing acknowledged is lost", async (t) => {
  const { root, trunks, directory, ways } = await opened(t);
  const heads = `${directory}/refs/heads`;
  mkdirSync(heads, { recursive: true });
  const all = [];
  for (let round = 0; round < 8; round++) {
    const { child, over, acknowledged } = writer(root, `killed-${round}`, 1000);
    const events = watch(heads);
    // Some are killed where they hold the branch's lock, others anywhere.
    events.on("change", (_, name) => {
      if (acknowledged().length > round % 3 && (round % 2 === 0 || name?.endsWith(".lock"))) child.kill("SIGKILL");
    });
    const [, signal] = await over;
    events.close();
    assert.equal(signal, "SIGKILL");
    all.push(...acknowledged());
    const next = { 0: ways.trunks, 1: ways.stock }[round % 4];
    // Stock git knows of no lock that it may take away: of the others, who comes next does.
    if (next === ways.stock) await trunks.files.write({ path: `here-${round}`, content: "x" });
    if (next) all.push(...(await push(root, next, `next-${round}`, 1)));
    else await trunks.files.write({ path: `here-${round}`, content: "x" });
    assert.deepEqual(readdirSync(heads).filter((name) => name.endsWith(".lock")), []);
  }
  const files = filesOf(directory);
  for (const name of all) assert.ok(files.has(name), `${name} is lost`);
  fsck(directory);
});
