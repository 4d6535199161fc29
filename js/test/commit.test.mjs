// Over a store that is a plain Map: a commit is written, read back, and agreed to by real git.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { builds } from "./builds.mjs";
import { MapStore } from "./map-store.mjs";

const ada = { name: "Ada Lovelace", email: "ada@example.com", timeS: 1_700_000_000, zoneMinutes: 60 };
const bytes = (text) => new TextEncoder().encode(text);
const file = (path, text, mode = 0o100644) => ({ path, content: { mode, bytes: bytes(text) } });

function request(parent, changes, message) {
  return { branch: "refs/heads/main", parent, changes, author: ada, committer: ada, message };
}

/** Writes the repository at `prefix` to a directory, as files. */
function dump(store, prefix, directory) {
  for (const [key, { bytes }] of store.values) {
    if (!key.startsWith(prefix)) continue;
    const path = join(directory, key.slice(prefix.length));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
  }
}

async function created(build) {
  const store = new MapStore();
  const repositories = new build.Repositories(store);
  const options = { defaultBranch: "main", isStatic: false, id: crypto.randomUUID() };
  await repositories.create("team/app", options);
  return { store, repositories };
}

for (const [name, build] of builds) {
  test(`${name}: a commit is three puts, reads back, and git agrees`, async (t) => {
    const { store, repositories } = await created(build);
    const first = await repositories.commit("team/app", request(undefined, [
      file("README.md", "# Hello\n"),
      file("bin/run", "#!/bin/sh\n", 0o100755),
      file("docs/läuft.md", "yes\n"),
    ], "Begin\n"));

    store.calls.length = 0;
    const changes = [file("src/deep/main.c", "int main;\n"), { path: "docs/läuft.md" }];
    const second = await repositories.commit("team/app", request(first, changes, "Add source\n"));
    assert.equal(store.calls.filter((call) => call === "put").length, 3);

    assert.deepEqual(await repositories.names(undefined, 10), ["team/app"]);
    assert.deepEqual(await repositories.refs("team/app", []), {
      head: { symbolic: "refs/heads/main" },
      refs: [{ name: "refs/heads/main", id: second, peeled: undefined, symbolic: undefined }],
      broken: [],
    });
    const read = await repositories.readFile("team/app", "main", "src/deep/main.c");
    assert.equal(new TextDecoder().decode(read.bytes), "int main;\n");
    assert.deepEqual([read.mode, read.sizeBytes], [0o100644, 10]);
    const part = await repositories.readFile("team/app", "main", "README.md", { start: 2, end: 7 });
    assert.equal(new TextDecoder().decode(part.bytes), "Hello");

    assert.deepEqual(await repositories.stat("team/app", "main", "README.md"),
      { id: (await repositories.readFile("team/app", "main", "README.md")).id, mode: 0o100644, sizeBytes: 8 });
    assert.equal((await repositories.stat("team/app", "main", "")).mode, 0o40000);
    const listed = await repositories.listFiles("team/app", "main", "");
    assert.deepEqual(
      listed.map(({ name, mode }) => [new TextDecoder().decode(name), mode]),
      [["README.md", 0o100644], ["bin", 0o40000], ["src", 0o40000]],
    );

    const directory = mkdtempSync(join(tmpdir(), "trunks-js-"));
    t.after(() => rmSync(directory, { recursive: true }));
    dump(store, "trunks/team/app.trunk/", directory);
    const git = (...words) =>
      execFileSync("git", [`--git-dir=${directory}`, ...words], { encoding: "utf8", stdio: "pipe" });
    assert.equal(git("fsck", "--full", "--strict", "--no-progress"), "");
    assert.equal(git("log", "--format=%H %s"), `${second} Add source\n${first} Begin\n`);
    assert.equal(git("show", `${second}:src/deep/main.c`), "int main;\n");
    assert.equal(git("ls-tree", "-r", "--format=%(objectmode) %(path)", "main"),
      "100644 README.md\n100755 bin/run\n100644 src/deep/main.c\n");
    assert.equal(git("log", "-1", "--format=%an <%ae> %ad", "--date=raw"),
      "Ada Lovelace <ada@example.com> 1700000000 +0100\n");

    assert.equal(await repositories.packRefs("team/app"), 1);
    assert.equal((await repositories.refs("team/app", [])).refs[0].id, second);
  });

  test(`${name}: errors carry a code`, async () => {
    const { repositories } = await created(build);
    const options = { defaultBranch: "main", isStatic: false, id: "1" };
    const rejects = (promise, code) =>
      assert.rejects(promise, (error) => {
        assert.ok(error instanceof Error);
        assert.deepEqual([error.name, error.code], ["TrunksError", code], error.message);
        return true;
      });
    await rejects(repositories.create("team/app", options), "exists");
    await rejects(repositories.create("../app", options), "invalid");
    await rejects(repositories.create("app", { defaultBranch: 7 }), "invalid");
    await rejects(repositories.refs("none", []), "not-found");
    const first = await repositories.commit("team/app", request(undefined, [file("a", "1")], "1\n"));
    await repositories.commit("team/app", request(first, [file("a", "2")], "2\n"));
    await rejects(repositories.commit("team/app", request(first, [file("a", "3")], "3\n")), "conflict");
    await rejects(repositories.commit("team/app", request(first, [file(".git/x", "")], "")), "invalid");
    await rejects(repositories.readFile("team/app", "main", "b"), "not-found");
    await rejects(repositories.readFile("team/app", "none", "a"), "not-found");
  });
}
