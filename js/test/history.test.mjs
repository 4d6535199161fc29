// Walking, history, differences, branches and tags over a store that is a plain Map.

import assert from "node:assert/strict";
import { test } from "node:test";
import { builds } from "./builds.mjs";
import { MapStore } from "./map-store.mjs";

const ada = { name: "Ada Lovelace", email: "ada@example.com", timeS: 1_700_000_000, zoneMinutes: 60 };
const bytes = (text) => new TextEncoder().encode(text);
const text = (bytes) => new TextDecoder().decode(bytes);
const file = (path, content) => ({ path, content: { mode: 0o100644, bytes: bytes(content) } });

function request(parent, changes, message) {
  return { branch: "refs/heads/main", parent, changes, author: ada, committer: ada, message };
}

/** A repository with two commits: `first`, and `second`, which changes, adds, removes and moves. */
async function repository(build) {
  const repositories = new build.Repositories(new MapStore());
  await repositories.create("app", { defaultBranch: "main", isStatic: false, id: crypto.randomUUID() });
  const first = await repositories.commit("app", request(undefined, [
    file("README", "one\ntwo\n"), file("src/a", "a\n"), file("src/b", "b\n"), file("old", "old\n"),
  ], "Begin\n"));
  const second = await repositories.apply("app", request(undefined, [
    file("README", "one\nthree\n"), { path: "lib", movedFrom: "src" }, { path: "old" }, file("new", "new\n"),
    { path: "again", copiedFrom: "src/a" },
  ], "Go on\n"));
  assert.equal(second.parent, first);
  return { repositories, first, second: second.id };
}

function rejects(promise, code) {
  return assert.rejects(promise, (error) => {
    assert.deepEqual([error.name, error.code], ["TrunksError", code], error.message);
    return true;
  });
}

for (const [name, build] of builds) {
  test(`${name}: trees are walked page by page`, async () => {
    const { repositories, second } = await repository(build);
    const paths = [];
    let page = { more: true };
    while (page.more) {
      const after = page.entries?.at(-1).path;
      page = await repositories.walk("app", second, { path: "", depth: "whole", after, limit: 2 });
      paths.push(...page.entries.map((entry) => text(entry.path)));
    }
    assert.deepEqual(paths, ["README", "again", "lib", "lib/a", "lib/b", "new"]);
    const below = await repositories.walk("app", "main", { path: "lib", depth: "directory", limit: 9 });
    assert.deepEqual(below.entries.map((entry) => [text(entry.path), entry.mode]),
      [["lib/a", 0o100644], ["lib/b", 0o100644]]);
    await rejects(repositories.walk("app", "main", { path: "none", depth: "whole", limit: 9 }), "not-found");
    await rejects(repositories.walk("app", "main", { path: "", depth: "deep", limit: 9 }), "invalid");
  });

  test(`${name}: history is told page by page`, async () => {
    const { repositories, first, second } = await repository(build);
    const newest = await repositories.log("app", "main", { path: "", limit: 1 });
    assert.equal(newest.more, true);
    const [commit] = newest.commits;
    assert.deepEqual([commit.id, commit.parents, commit.message], [second, [first], "Go on\n"]);
    assert.deepEqual(commit.author, ada);
    const rest = await repositories.log("app", "main", { path: "", after: second, limit: 9 });
    assert.deepEqual([rest.commits.map(({ id }) => id), rest.more], [[first], false]);
    const ofPath = await repositories.log("app", "main", { path: "src/a", skip: 1, limit: 9 });
    assert.deepEqual(ofPath.commits.map(({ id }) => id), [first]);
  });

  test(`${name}: differences are told by file and by line`, async () => {
    const { repositories, first, second } = await repository(build);
    const options = { path: "", limit: 99, renames: true };
    const { changes, more } = await repositories.diffTrees("app", first, second, options);
    assert.equal(more, false);
    const told = changes.map(({ kind, path, oldPath }) => [kind, text(path), oldPath && text(oldPath)]);
    assert.deepEqual(told, [
      ["modified", "README", undefined],
      ["renamed", "again", "src/a"],
      ["added", "lib/a", undefined],
      ["renamed", "lib/b", "src/b"],
      ["added", "new", undefined],
      ["removed", "old", undefined],
    ]);
    const [{ old, new: now }] = changes;
    const { kind, hunks } = await repositories.diffFiles("app", old.id, now.id, 3);
    assert.equal(kind, "text");
    assert.deepEqual(hunks.map((hunk) => ({ ...hunk, text: text(hunk.text) })),
      [{ oldStart: 1, oldLines: 2, newStart: 1, newLines: 2, text: " one\n-two\n+three\n" }]);
    const root = await repositories.diffTrees("app", undefined, first, options);
    assert.deepEqual(root.changes.map(({ kind }) => kind), ["added", "added", "added", "added"]);
  });

  test(`${name}: branches and tags are made and deleted`, async () => {
    const { repositories, first, second } = await repository(build);
    assert.equal(await repositories.createBranch("app", "topic", "main~1"), first);
    assert.equal(await repositories.createTag("app", "light", "main"), second);
    const tag = await repositories.createTag("app", "v1", "main", { tagger: ada, message: "one\n" });
    assert.equal(await repositories.resolve("app", "v1"), tag);
    assert.equal(await repositories.resolve("app", "v1^{commit}"), second);
    await rejects(repositories.createBranch("app", "topic", "main"), "exists");
    await rejects(repositories.deleteBranch("app", "main"), "refused");
    await rejects(repositories.deleteBranch("app", "topic", second), "conflict");
    assert.equal(await repositories.deleteBranch("app", "topic", first), first);
    assert.equal(await repositories.deleteTag("app", "light"), second);
    await rejects(repositories.deleteTag("app", "light"), "not-found");

    await repositories.setHead("app", { symbolic: "refs/heads/other" });
    await repositories.setPublic("app", true);
    const { id, ...info } = await repositories.show("app");
    assert.deepEqual(info, { head: { symbolic: "refs/heads/other" }, isStatic: false, isPublic: true });
    assert.match(id, /^[0-9a-f-]{36}$/);
    await rejects(repositories.show("none"), "not-found");
  });

  test(`${name}: writers of other files get through, writers of the same do not`, async () => {
    const { repositories, second } = await repository(build);
    const writes = Array.from({ length: 8 }, (_, n) =>
      repositories.apply("app", request(second, [file(`f${n}`, `${n}`)], `${n}\n`)));
    await Promise.all(writes);
    const { entries } = await repositories.walk("app", "main", { path: "", depth: "directory", limit: 99 });
    assert.equal(entries.filter(({ path }) => /^f\d$/.test(text(path))).length, 8);
    await rejects(repositories.apply("app", request(second, [file("f3", "x")], "x\n")), "conflict");
    const both = { path: "x", movedFrom: "f1", copiedFrom: "f2" };
    await rejects(repositories.apply("app", request(second, [both], "x\n")), "invalid");
  });

  test(`${name}: what was read serves the next call, and does not hide what others did`, async () => {
    const store = new MapStore();
    const [one, other] = [new build.Repositories(store), new build.Repositories(store)];
    const create = () => other.create("app", { defaultBranch: "main", isStatic: false, id: crypto.randomUUID() });
    const read = async (revision) => text((await one.readFile("app", revision, "a")).bytes);
    await create();
    const first = await other.commit("app", request(undefined, [file("a", "1")], "1\n"));
    assert.equal(await read(first), "1");
    store.calls.length = 0;
    assert.equal(await read(first), "1");
    assert.ok(store.calls.length <= 1, store.calls.join());

    await other.apply("app", request(undefined, [file("a", "2")], "2\n"));
    assert.equal(await read("main"), "2");
    await other.remove("app");
    await rejects(read("main"), "not-found");
    await create();
    await other.apply("app", request(undefined, [file("a", "3")], "3\n"));
    assert.equal(await read("main"), "3");
  });
}
