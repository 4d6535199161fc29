// The resources, over memory and over a disk that real git judges.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Disk, Memory, Trunks, TrunksError } from "@layerbrain/trunks";
import { fsck, git, scratch } from "./scratch.mjs";

const author = { name: "Ada Lovelace", email: "ada@example.com", time_s: 1_700_000_000, zone_minutes: 60 };
const stores = [["memory", () => new Memory()], ["disk", (t) => new Disk(scratch(t))]];

const rejects = (promise, code, message = /./) =>
  assert.rejects(promise, (error) => {
    assert.ok(error instanceof TrunksError, error.stack);
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    return true;
  });

async function opened(open, t) {
  const store = await open(t);
  const trunks = new Trunks({ store, repo: "team/app", author });
  await trunks.repos.create({ name: "team/app", static: true });
  return { store, trunks };
}

const names = ({ data }) => data.map(({ name }) => name);

for (const [name, open] of stores) {
  test(`${name}: repositories are made, listed in pages, changed and deleted`, async (t) => {
    const { trunks } = await opened(open, t);
    assert.deepEqual(await trunks.repos.create({ name: "b", default_branch: "trunk" }),
      { object: "repo", name: "b", default_branch: "trunk", static: false, public: false });
    await rejects(trunks.repos.create({ name: "b" }), "exists");
    await rejects(trunks.repos.create({ name: "../b" }), "invalid");
    for (const repo of ["a", "c"]) await trunks.repos.create({ name: repo });
    assert.deepEqual(await trunks.repos.list({ limit: 2, offset: 1 }), {
      object: "list",
      data: [
        { object: "repo", name: "b", default_branch: "trunk", static: false, public: false },
        { object: "repo", name: "c", default_branch: "main", static: false, public: false },
      ],
      limit: 2, offset: 1, total_count: 4, has_more: true,
    });
    assert.deepEqual(names(await trunks.repos.list()), ["a", "b", "c", "team/app"]);
    await rejects(trunks.repos.list({ limit: -1 }), "invalid", /limit/);
    assert.equal((await trunks.repos.update({ name: "b", default_branch: "next" })).default_branch, "next");
    await trunks.repos.update({ name: "b", public: true });
    const b = await trunks.repos.get({ name: "b" });
    assert.deepEqual([b.default_branch, b.public], ["next", true]);
    await trunks.repos.delete({ name: "b" });
    await rejects(trunks.repos.get({ name: "b" }), "not-found", /b/);
    await rejects(trunks.repos.delete({ name: "b" }), "not-found");
    assert.deepEqual(names(await trunks.repos.list()), ["a", "c", "team/app"]);
  });

  test(`${name}: a commit writes, removes and renames at once, and git agrees`, async (t) => {
    const { store, trunks } = await opened(open, t);
    const first = await trunks.commits.create({
      message: "Begin",
      changes: [
        { write: "README.md", content: "# Hello\n" },
        { write: "old/a.txt", content: "a\n" },
        { write: "old/deep/run", content: "#!/bin/sh\n", mode: "100755" },
        { write: "gone.txt", content: "gone\n" },
      ],
    });
    assert.deepEqual(first.parents, []);
    const second = await trunks.commits.create({
      message: "Change\n",
      changes: [
        { rename: "old", to: "new" },
        { rename: "README.md", to: "docs/läuft.md" },
        { remove: "gone.txt" },
        { write: "blob.bin", content: Uint8Array.of(0, 255, 10) },
      ],
    });
    assert.deepEqual([second.parents, second.branch], [[first.id], "main"]);
    const paths = [];
    for await (const entry of trunks.files.walk()) paths.push(`${entry.mode} ${entry.path}`);
    assert.deepEqual(paths, [
      "100644 blob.bin", "040000 docs", "100644 docs/läuft.md", "040000 new", "100644 new/a.txt",
      "040000 new/deep", "100755 new/deep/run",
    ]);
    if (!(store instanceof Disk)) return;
    const directory = `${store.root}/trunks/team/app.trunk`;
    fsck(directory);
    assert.equal(git(directory, "log", "--format=%H %s|%an <%ae> %ad", "--date=raw"),
      `${second.id} Change|Ada Lovelace <ada@example.com> 1700000000 +0100\n` +
      `${first.id} Begin|Ada Lovelace <ada@example.com> 1700000000 +0100\n`);
    assert.equal(git(directory, "-c", "core.quotePath=false", "ls-tree", "-rt", "--format=%(objectmode) %(path)", "-z", "main"),
      paths.map((path) => `${path}\0`).join(""));
  });

  test(`${name}: files are read whole, in ranges, looked at and listed`, async (t) => {
    const { trunks } = await opened(open, t);
    const { id } = await trunks.files.write({ path: "docs/läuft.md", content: "Grüße\n" });
    await trunks.files.write({ path: "docs/b", content: "b" });
    const file = await trunks.files.read({ path: "docs/läuft.md" });
    assert.deepEqual([file.text(), file.size_bytes, file.mode, file.type, file.name],
      ["Grüße\n", 8, "100644", "file", "läuft.md"]);
    const part = await trunks.files.read({ path: "docs/läuft.md", ref: "main", range: { start: 0, end: 2 } });
    assert.deepEqual([part.text(), part.size_bytes], ["Gr", 8]);
    await rejects(trunks.files.read({ path: "docs/b", ref: id }), "not-found", /docs\/b/);
    await rejects(trunks.files.read({ path: "docs" }), "invalid");
    await rejects(trunks.files.read({ path: "docs/b", ref: "none" }), "not-found", /none/);
    const { bytes: _, text: __, ...stat } = file;
    assert.deepEqual(await trunks.files.stat({ path: "docs/läuft.md" }), stat);
    const listed = await trunks.files.list({ path: "docs", limit: 1 });
    assert.deepEqual([names(listed), listed.total_count, listed.has_more], [["b"], 2, true]);
    assert.equal((await trunks.files.list()).data[0].type, "directory");
    await trunks.files.delete({ path: "docs/b" });
    assert.deepEqual(names(await trunks.files.list({ path: "docs" })), ["läuft.md"]);
    await rejects(trunks.files.delete({ path: "docs/b" }), "not-found");
  });

  test(`${name}: branches and tags are made, moved, listed and deleted`, async (t) => {
    const { store, trunks } = await opened(open, t);
    await rejects(trunks.branches.create({ name: "agent/run-7" }), "not-found");
    const one = await trunks.files.write({ path: "a", content: "1" });
    assert.deepEqual(await trunks.branches.create({ name: "agent/run-7", from: "main" }),
      { object: "branch", name: "agent/run-7", commit: one.id, default: false });
    await rejects(trunks.branches.create({ name: "agent/run-7", from: "main" }), "exists");
    await rejects(trunks.branches.create({ name: "a..b", from: "main" }), "invalid");
    const two = await trunks.files.write({ branch: "agent/run-7", path: "a", content: "2" });
    assert.deepEqual(await trunks.branches.list({ limit: 1, offset: 1 }), {
      object: "list", data: [{ object: "branch", name: "main", commit: one.id, default: true }],
      limit: 1, offset: 1, total_count: 2, has_more: false,
    });
    assert.deepEqual(names(await trunks.branches.list({ prefix: "agent/" })), ["agent/run-7"]);
    assert.equal((await trunks.branches.update({ name: "main", to: "agent/run-7" })).commit, two.id);
    await rejects(trunks.branches.update({ name: "main", to: one.id, from: one.id }), "conflict");
    assert.deepEqual(await trunks.tags.create({ name: "v1", on: one.id }),
      { object: "tag", name: "v1", id: one.id, target: one.id });
    const noted = await trunks.tags.create({ name: "v1.1", on: one.id, message: "Noted" });
    assert.deepEqual([noted.target, noted.id === one.id], [one.id, false]);
    await rejects(trunks.tags.create({ name: "v1", on: two.id }), "exists");
    assert.equal((await trunks.commits.get({ id: "v1.1" })).id, one.id);
    if (store instanceof Disk) {
      git(`${store.root}/trunks/team/app.trunk`, "tag", "-a", "-m", "Two", "v2", "main");
      const v2 = await trunks.tags.get({ name: "v2" });
      assert.notEqual(v2.id, two.id);
      assert.equal((await trunks.branches.create({ name: "from-tag", from: "v2" })).commit, two.id);
      await trunks.tags.delete({ name: "v2" });
    }
    assert.deepEqual(names(await trunks.tags.list()), ["v1", "v1.1"]);
    await trunks.tags.delete({ name: "v1.1" });
    await rejects(trunks.branches.delete({ name: "main" }), "refused");
    await trunks.tags.delete({ name: "v1" });
    await trunks.branches.delete({ name: "agent/run-7" });
    await rejects(trunks.branches.get({ name: "agent/run-7" }), "not-found");
    assert.equal((await trunks.tags.list()).total_count, 0);
  });

  test(`${name}: of twenty writers none is lost, and who read before is told what changed`, async (t) => {
    const { store, trunks } = await opened(open, t);
    const base = await trunks.files.write({ path: "base", content: "0" });
    const writers = Array.from({ length: 20 }, (_, writer) => writer);
    // Each as a program of its own would: they take no turns.
    const each = writers.map(() => new Trunks({ store, repo: "team/app", author }));
    await Promise.all(writers.map((writer) =>
      each[writer].commits.create({ message: `${writer}`, changes: [{ write: `by/${writer}`, content: `${writer}` }] })));
    assert.equal((await trunks.files.list({ path: "by" })).total_count, 20);
    const ends = await Promise.allSettled(writers.map((writer) => each[writer].commits.create({
      message: `${writer}`, base: base.id, changes: [{ write: "base", content: `w${writer}` }],
    })));
    const won = ends.filter((end) => end.status === "fulfilled");
    assert.equal(won.length, 1);
    for (const end of ends) if (end.status === "rejected") assert.equal(end.reason.code, "conflict", end.reason.stack);
    const x = { message: "x", changes: [{ write: "x", content: "" }] };
    await rejects(trunks.commits.create({ ...x, parent: base.id }), "conflict");
    await rejects(trunks.commits.create({ ...x, parent: null }), "conflict");
    await rejects(trunks.commits.create({ ...x, parent: base.id, base: base.id }), "invalid");
    await trunks.commits.create({ ...x, branch: "new", parent: null });
    if (store instanceof Disk) {
      const directory = `${store.root}/trunks/team/app.trunk`;
      fsck(directory);
      assert.equal(git(directory, "rev-list", "--count", "main"), "22\n");
    }
  });

  test(`${name}: history is listed in pages, of all and of a path, and differences are told`, async (t) => {
    const { trunks } = await opened(open, t);
    const ids = [];
    for (const content of ["1\n", "1\n2\n", "1\n2\n3\n"]) {
      ids.unshift((await trunks.files.write({ path: "docs/a.md", content })).id);
    }
    const moved = await trunks.commits.create({
      message: "Move",
      changes: [{ rename: "docs", to: "text" }, { write: "b", content: "b" }, { copy: "text/a.md", to: "c" }],
    }).catch((error) => error);
    assert.equal(moved.code, "not-found", "it is copied from what was there before");
    const { id } = await trunks.commits.create({
      message: "Move", changes: [{ rename: "docs", to: "text" }, { write: "b", content: "b" }],
    });
    const all = await trunks.commits.list();
    assert.deepEqual([all.data.map((commit) => commit.id), all.total_count], [[id, ...ids], 4]);
    assert.deepEqual([all.data[0].message, all.data[0].parents], ["Move\n", [ids[0]]]);
    const { time_s, ...who } = all.data[0].author;
    assert.deepEqual([who, time_s], [{ name: author.name, email: author.email, zone_minutes: 60 }, author.time_s]);
    const page = await trunks.commits.list({ limit: 2, offset: 1 });
    assert.deepEqual([page.data.map((commit) => commit.id), page.has_more, page.total_count], [ids.slice(0, 2), true, 4]);
    const past = await trunks.commits.list({ offset: 10 });
    assert.deepEqual([past.data, past.total_count, past.has_more], [[], 4, false]);
    const of = await trunks.commits.list({ path: "docs/a.md", ref: ids[0] });
    assert.deepEqual(of.data.map((commit) => commit.id), ids);
    const { data } = await trunks.commits.diff({ to: id });
    assert.deepEqual(data.map(({ kind, path, old_path: old }) => [kind, path, old]),
      [["added", "b", null], ["renamed", "text/a.md", "docs/a.md"]]);
    const changes = await trunks.commits.diff({ from: ids[2], to: ids[0], path: "docs" });
    assert.deepEqual([changes.total_count, changes.data[0].kind], [1, "modified"]);
    const diff = await trunks.commits.compare({ change: changes.data[0] });
    assert.deepEqual(diff.hunks.map((hunk) => [hunk.old_start, hunk.new_lines, hunk.text]), [[1, 3, " 1\n+2\n+3\n"]]);
  });

  test(`${name}: what is missing or wrong is said`, async (t) => {
    const { store, trunks } = await opened(open, t);
    await rejects(new Trunks({ store }).branches.list(), "invalid", /repo/);
    await rejects(trunks.branches.list({ repo: "none" }), "not-found", /none/);
    await rejects(trunks.commits.create({ message: "x", changes: [] }), "invalid", /change/);
    await rejects(trunks.commits.create({ message: "x", changes: [{}] }), "invalid", /change/);
    await rejects(trunks.commits.create({ message: "x", changes: [{ write: "../x", content: "" }] }), "invalid");
    const nobody = new Trunks({ store, repo: "team/app" });
    await rejects(nobody.files.write({ path: "a", content: "" }), "invalid", /author/);
    await rejects(trunks.files.list(), "not-found");
  });
}
