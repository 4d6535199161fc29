// The disk beside others: stock git, the native store's rules, processes that die, full of odd files.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { promisify } from "node:util";
import { Disk, Trunks } from "@layerbrain/trunks";
import { bytes, conflicts, outcome, present, same } from "./conformance/checks.mjs";
import { fsck, git, gitBeside, scratch } from "./scratch.mjs";

const run = promisify(execFile);
const author = { name: "Ada", email: "ada@example.com" };
const HEAD = "trunks/app.trunk/HEAD";
const MAIN = "trunks/app.trunk/refs/heads/main";

/** A program over the built package, with the store's directory as its argument. */
const program = (body) => [
  "--input-type=module",
  "--eval",
  `import { Disk, Trunks } from ${JSON.stringify(import.meta.resolve("@layerbrain/trunks"))};
   const disk = new Disk(process.argv[1]);
   const trunks = new Trunks({ store: disk, repo: "app", author: ${JSON.stringify(author)} });
   ${body}`,
];

async function opened(t) {
  const disk = new Disk(scratch(t));
  const trunks = new Trunks({ store: disk, repo: "app", author });
  await trunks.repos.create({ name: "app" });
  return { disk, trunks, directory: `${disk.root}/trunks/app.trunk` };
}

const temporaries = (directory) => {
  const place = `${directory}/.trunks-tmp`;
  return existsSync(place) ? readdirSync(place, { recursive: true }) : [];
};

test("stock git pushes to the branch that writers here commit to, and nothing is lost", async (t) => {
  const { disk, trunks, directory } = await opened(t);
  await trunks.files.write({ path: "base", content: "0" });
  git(directory, "config", "receive.autogc", "false");
  const EACH = 6;
  const push = async (pusher) => {
    const work = `${disk.root}/work-${pusher}`;
    await gitBeside(disk.root, "clone", "--quiet", directory, work);
    for (let round = 0; round < EACH; ) {
      writeFileSync(`${work}/git-${pusher}-${round}`, `${round}\n`);
      await gitBeside(work, "add", ".");
      await gitBeside(work, "commit", "--quiet", "--message", `git ${pusher} ${round}`);
      for (;;) {
        const pushed = await gitBeside(work, "push", "--quiet", "origin", "main").then(() => true, () => false);
        if (pushed) break;
        await gitBeside(work, "pull", "--quiet", "--rebase", "origin", "main");
      }
      round++;
    }
  };
  const commit = `for (let round = 0; round < ${EACH}; round++) {
    await trunks.files.write({ path: \`node-\${process.pid}-\${round}\`, content: "x" });
  }`;
  await Promise.all([
    push(0), push(1),
    ...[0, 1].map(() => run("node", [...program(commit), disk.root])),
    ...[0, 1, 2].map(async (writer) => {
      for (let round = 0; round < EACH; round++) await trunks.files.write({ path: `here-${writer}-${round}`, content: "x" });
    }),
  ]);
  fsck(directory);
  assert.equal(git(directory, "rev-list", "--count", "main"), `${1 + 7 * EACH}\n`);
  assert.equal(git(directory, "ls-tree", "--name-only", "main").split("\n").length - 1, 1 + 7 * EACH);
  await gitBeside(directory, "gc", "--quiet", "--prune=now");
  assert.equal((await trunks.files.list({ limit: 1000 })).total_count, 1 + 7 * EACH);
  await trunks.files.write({ path: "after", content: "gc" });
  fsck(directory);
  assert.deepEqual(temporaries(directory).filter((name) => name.includes("-")), []);
});

test("one process of several creates a ref, updates it and deletes it", async (t) => {
  const { disk } = await opened(t);
  const race = async (body) => {
    const ends = await Promise.all(Array.from({ length: 4 }, () => run("node", [...program(body), disk.root])));
    return ends.flatMap(({ stdout }) => stdout.split("\n").filter(Boolean));
  };
  const won = await race(`for (let round = 0; round < 25; round++) {
    const key = \`trunks/app.trunk/refs/heads/race-\${round}\`;
    await disk.put(key, new TextEncoder().encode(String(process.pid)), "absent").then(() => console.log(round), () => {});
  }`);
  assert.deepEqual(won.map(Number).sort((a, b) => a - b), Array.from({ length: 25 }, (_, round) => round));
  await disk.put(MAIN, bytes("0"), "any");
  await race(`for (let left = 10; left > 0; ) {
    const { bytes, version } = await disk.get("${MAIN}");
    const next = new TextEncoder().encode(String(Number(new TextDecoder().decode(bytes)) + 1));
    await disk.put("${MAIN}", next, { is: version }).then(() => left--, (error) => {
      if (error.code !== "conflict") throw error;
    });
  }`);
  same((await present(disk, MAIN)).bytes, bytes("40"));
});

test("a lock of git's is waited for, and then named", async (t) => {
  const { disk } = await opened(t);
  const lock = `${disk.root}/${MAIN}.lock`;
  writeFileSync(lock, "");
  const put = outcome(disk.put(MAIN, bytes("x"), "absent"));
  const { code, error } = await put;
  assert.equal(code, "failed");
  assert.ok(error.message.includes(lock), error.message);
  assert.ok(existsSync(lock), "it is not ours to remove");
  assert.equal(await disk.get(MAIN), undefined);
});

test("what a killed writer left behind goes, and the lock of a living one stays", async (t) => {
  const { disk, directory } = await opened(t);
  // It dies, or waits, between the lock and the rename.
  const stop = (how) => `
    const { Lock } = await import(new URL("./store/disk/lock.js", "${import.meta.resolve("@layerbrain/trunks")}"));
    Lock.prototype.replace = async () => { console.log("locked"); ${how} };
    await disk.put("${MAIN}", new TextEncoder().encode("theirs"), "absent");`;
  await run("node", [...program(stop(`process.kill(process.pid, "SIGKILL")`)), disk.root]).catch(() => {});
  const lock = `${disk.root}/${MAIN}.lock`;
  assert.equal(readFileSync(lock, "utf8"), "theirs");
  await new Disk(disk.root).put(MAIN, bytes("mine"), "absent");
  assert.ok(!existsSync(lock));
  same((await present(disk, MAIN)).bytes, bytes("mine"));
  assert.deepEqual(temporaries(directory).filter((name) => name.includes("-")), []);
  const other = "trunks/app.trunk/refs/heads/other";
  const living = spawn("node", [...program(stop("await new Promise((go) => setTimeout(go, 60_000))").replace(MAIN, other)), disk.root]);
  t.after(() => living.kill("SIGKILL"));
  await new Promise((resolve) => living.stdout.once("data", resolve));
  const { code, error } = await outcome(new Disk(disk.root).put(other, bytes("mine"), "absent"));
  assert.equal(code, "failed", error?.message);
  assert.ok(existsSync(`${disk.root}/${other}.lock`));
});

test("the native store's temporary files are left alone, and its locks waited for", async (t) => {
  const { disk, directory } = await opened(t);
  // As the native store makes them. Whether it lives only its flock says, which cannot be asked for here.
  mkdirSync(`${directory}/.trunks-tmp`, { recursive: true });
  const temporary = `${directory}/.trunks-tmp/4194303-1-refs%2Fheads%2Fmain`;
  writeFileSync(temporary, "theirs");
  linkSync(temporary, `${disk.root}/${MAIN}.lock`);
  const { code } = await outcome(new Disk(disk.root).put(MAIN, bytes("mine"), "absent"));
  assert.equal(code, "failed");
  assert.ok(existsSync(temporary) && existsSync(`${disk.root}/${MAIN}.lock`));
});

test("what is written is a bare repository: modes, versions, no litter", async (t) => {
  const { disk, trunks, directory } = await opened(t);
  await trunks.files.write({ path: "a", content: "a" });
  const packs = readdirSync(`${directory}/objects/pack`);
  assert.deepEqual(packs.map((name) => name.replace(/.*\./, "")).sort(), ["idx", "pack"]);
  for (const name of packs) assert.equal(statSync(`${directory}/objects/pack/${name}`).mode & 0o777, 0o444);
  assert.equal(temporaries(directory).filter((name) => name !== "node").length, 0);
  const before = (await disk.get(MAIN)).version;
  git(directory, "update-ref", "refs/heads/main", "main");
  assert.equal((await disk.get(MAIN)).version, before);
  await conflicts(disk.put(HEAD, bytes("ref: refs/heads/x\n"), { is: "no such version" }));
  await trunks.repos.delete({ name: "app" });
  assert.deepEqual(readdirSync(`${disk.root}/trunks`), []);
});

test("keys that are no plain paths, and locks, are refused", async (t) => {
  const { disk } = await opened(t);
  for (const key of ["", "/a", "a/", "a//b", "./a", "a/../b", "a\0b", "trunks/a.trunk/.trunks-tmp/x"]) {
    assert.equal((await outcome(disk.put(key, bytes("x"), "any"))).code, "failed", key);
    assert.equal((await outcome(disk.get(key))).code, "failed", key);
  }
  assert.equal((await outcome(disk.put("a.lock", bytes("x"), "any"))).code, "failed");
  const nowhere = new Disk(`${disk.root}/none`);
  assert.equal(await nowhere.get("a"), undefined);
  const { code, error } = await outcome(nowhere.put("a", bytes("x"), "any"));
  assert.equal(code, "failed");
  assert.match(error.message, /does not exist/);
  assert.ok(await Disk.create(`${disk.root}/made/here`));
});
