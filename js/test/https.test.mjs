// A trunk on a static host: read by ranges, from what git keeps for dumb HTTP.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import { Disk, Https, Trunks } from "@layerbrain/trunks";
import { git, scratch } from "./scratch.mjs";
import { serveFiles } from "./static-server.mjs";

const author = { name: "Ada", email: "ada@example.com" };

/** A store with a static trunk in it, served. */
async function served(t, options) {
  const root = scratch(t);
  const here = new Trunks({ store: new Disk(root), repo: "team/app", author });
  await here.repos.create({ name: "team/app", static: true });
  await here.commits.create({
    message: "Begin",
    changes: [{ write: "README.md", content: "# Hello\n" }, { write: "src/deep/main.c", content: "int main;\n" }],
  });
  const server = await serveFiles(t, root, options);
  const store = new Https({ url: server.url("trunks/team/app.trunk"), maxAgeMs: 0 });
  return { root, here, server, there: new Trunks({ store, repo: store.name }) };
}

for (const hasRanges of [true, false]) {
  test(`a static trunk is read, ${hasRanges ? "by ranges" : "from a host without ranges"}`, async (t) => {
    const { here, there, root } = await served(t, { hasRanges });
    assert.deepEqual((await there.repos.list()).data, [
      { object: "repo", name: "team/app", default_branch: "main", static: true, public: false },
    ]);
    assert.equal((await there.files.read({ path: "src/deep/main.c" })).text(), "int main;\n");
    const range = { start: 2, end: 7 };
    assert.equal((await there.files.read({ path: "README.md", ref: "main", range })).text(), "Hello");
    await here.branches.create({ name: "next" });
    await here.files.write({ branch: "next", path: "new", content: "new\n" });
    assert.equal((await there.files.read({ path: "new", ref: "next" })).text(), "new\n");
    const directory = `${root}/trunks/team/app.trunk`;
    git(directory, "tag", "-a", "-m", "One", "v1", "main");
    git(directory, "update-server-info");
    assert.deepEqual(await there.branches.list(), await here.branches.list());
    const { data: [tag] } = await there.tags.list();
    assert.deepEqual([tag.name, tag.target], ["v1", (await here.branches.get({ name: "main" })).commit]);
  });
}

test("what stock git wrote, packed or loose, is read", async (t) => {
  const root = scratch(t);
  const work = `${root}/work`;
  git(root, "init", "--quiet", "--initial-branch=main", "work");
  for (const name of ["a", "b"]) {
    writeFileSync(`${work}/${name}`, `${name}\n`);
    git(work, "add", ".");
    git(work, "commit", "--quiet", "-m", name);
    if (name === "a") git(work, "gc", "--quiet");
  }
  git(work, "update-server-info");
  const server = await serveFiles(t, root);
  const store = new Https(server.url("work/.git/"));
  const there = new Trunks({ store, repo: store.name });
  assert.equal((await there.files.read({ path: "a" })).text(), "a\n");
  assert.equal((await there.files.read({ path: "b" })).text(), "b\n");
});

test("nothing can be written", async (t) => {
  const { there } = await served(t);
  const write = { path: "a", content: "", author };
  await assert.rejects(there.files.write(write), (error) => error.code === "denied" && /HTTPS/.test(error.message));
});

test("a wrong URL, a private trunk, a dead host and one that is not static are told apart", async (t) => {
  const { root, server } = await served(t);
  const read = (url) => {
    const store = new Https({ url });
    return new Trunks({ store, repo: store.name }).files.list();
  };
  const fails = (url, code, message) =>
    assert.rejects(read(url), (error) => {
      assert.equal(error.code, code, error.message);
      assert.match(error.message, message);
      return true;
    });
  await fails(server.url("trunks/none.trunk"), "not-found", /none/);
  const page = await serveFiles(t, root, {
    answer: (_, reply) => reply.writeHead(200, { "Content-Type": "text/html" }).end("<!doctype html>"),
  });
  await fails(page.url("trunks/team/app.trunk"), "failed", /no repository/);
  const locked = await serveFiles(t, root, { answer: (_, reply) => reply.writeHead(403).end() });
  await fails(locked.url("trunks/team/app.trunk?token=secret"), "denied", /credentials/);
  git(root, "init", "--quiet", "--bare", "plain.git");
  await fails(server.url("plain.git"), "failed", /update-server-info/);
  const gone = await serveFiles(t, root, { answer: (request) => request.socket.destroy() });
  await fails(gone.url("app.trunk"), "unavailable", /cannot be reached/);
  assert.throws(() => new Https("ftp://example.com/app.trunk"), /https/);
});

test("a failure that passes is not seen", async (t) => {
  let failures = 3;
  const { there } = await served(t, {
    answer: (_, reply) => failures-- > 0 && reply.writeHead(503).end(),
  });
  assert.equal((await there.files.read({ path: "README.md" })).text(), "# Hello\n");
});

test("a file of a large repository costs few requests and few bytes", async (t) => {
  const root = scratch(t);
  const store = new Disk(root);
  const here = new Trunks({ store, repo: "big", author });
  await here.repos.create({ name: "big", static: true });
  const MANY = 2000;
  const file = (number) => ({ write: `src/${number % 50}/${number}.txt`, content: `${number}\n`.repeat(100) });
  const changes = Array.from({ length: MANY }, (_, number) => file(number));
  await here.commits.create({ message: "Many", changes });
  for (let large = 0; large < 5; large++) {
    await here.files.write({ path: `large/${large}.bin`, content: randomBytes(20 << 20) });
  }
  git(`${root}/trunks/big.trunk`, "repack", "-adq");
  git(`${root}/trunks/big.trunk`, "update-server-info");
  const server = await serveFiles(t, root);
  const there = new Trunks({ store: new Https(server.url("trunks/big.trunk")), repo: "big" });
  const read = await there.files.read({ path: "src/7/1007.txt" });
  assert.equal(read.text(), "1007\n".repeat(100));
  const bytes = server.requests.reduce((sum, request) => sum + request.bytes, 0);
  t.diagnostic(`${server.requests.length} requests, ${bytes} bytes`);
  assert.ok(server.requests.length <= 8, JSON.stringify(server.requests, null, 1));
  assert.ok(bytes <= read.size_bytes + 1_000_000, `${bytes} bytes`);
});
