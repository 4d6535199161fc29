// Codes of errors: which there are, that the docs name them, and what each comes of.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { chmodSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { test } from "node:test";
import { Disk, Https, Memory, S3, Trunks, TrunksError } from "@layerbrain/trunks";
import { freePort } from "./s3-server.mjs";
import { scratch } from "./scratch.mjs";

const read = (path) => readFileSync(new URL(path, import.meta.url), "utf8");
const author = { name: "Ada", email: "ada@example.com" };

const CODES = [
  "not-found", "exists", "invalid", "conflict", "corrupt", "too-large", "refused", "disconnected", "unavailable",
  "denied", "failed",
];

test("the codes are those of the seam, and the docs name all of them", () => {
  const wit = /enum error-code \{([^]*?)\n    \}/.exec(read("../../wit/repository.wit"))[1];
  assert.deepEqual([...wit.matchAll(/^ +([a-z-]+),$/gm)].map(([, code]) => code), CODES);
  const shape = /interface TrunksError[^]*?code:([^]*?);/.exec(read("../src/repository.d.ts"))[1];
  assert.deepEqual([...shape.matchAll(/"([a-z-]+)"/g)].map(([, code]) => code), CODES);
  const named = (page) => {
    const [table] = /\| code \|[^]*?\n\n|\| code \|[^]*$/.exec(read(page));
    return [...table.matchAll(/^\| (`.*?) \|/gm)].flatMap(([, cell]) => [...cell.matchAll(/`([a-z-]+)`/g)].map(([, code]) => code));
  };
  assert.deepEqual(named("../../docs/node.md").sort(), [...CODES].sort());
  assert.ok(named("../../docs/browser.md").every((code) => CODES.includes(code)));
});

async function fails(code, call, message = /./) {
  const error = await call().then(() => assert.fail(`${code} was expected`), (error) => error);
  assert.ok(error instanceof TrunksError && error instanceof Error, error.stack);
  assert.deepEqual([error.code, error.name], [code, "TrunksError"], error.message);
  assert.match(error.message, message);
}

async function opened(store) {
  const trunks = new Trunks({ store, repo: "app", author });
  await trunks.repos.create({ name: "app" });
  const { id } = await trunks.files.write({ path: "a", content: "a\n".repeat(100) });
  return { trunks, id };
}

/** A host that answers all requests with this status. */
async function answering(t, status) {
  const server = createServer((request, reply) => request.resume().on("end", () => reply.writeHead(status).end()));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close().closeAllConnections());
  return `http://127.0.0.1:${server.address().port}`;
}

test("each comes of what it says", async (t) => {
  const { trunks, id } = await opened(new Memory());
  await fails("not-found", () => trunks.files.read({ path: "none" }), /none/);
  await fails("not-found", () => trunks.branches.get({ name: "none" }), /none/);
  await fails("exists", () => trunks.repos.create({ name: "app" }), /app/);
  await fails("invalid", () => trunks.branches.create({ name: "a..b" }), /a\.\.b/);
  await trunks.files.write({ path: "a", content: "b" });
  await fails("conflict", () => trunks.commits.create({ message: "m", parent: id, changes: [{ remove: "a" }] }));
  await fails("conflict", () => trunks.commits.create({ message: "m", base: id, changes: [{ remove: "a" }] }));
  await fails("too-large", () => trunks.files.write({ path: "large", content: randomBytes((32 << 20) + 1) }));
  await fails("refused", () => trunks.branches.delete({ name: "main" }), /main/);
  const key = { bucket: "b", accessKeyId: "key", secretAccessKey: "secret" };
  const at = (endpoint) => new Trunks({ store: new S3({ ...key, endpoint }), repo: "app" });
  const dead = `http://127.0.0.1:${await freePort()}`;
  await fails("unavailable", () => at(dead).branches.list());
  const locked = at(await answering(t, 403));
  await fails("denied", () => locked.branches.list());
  const there = new Https({ url: `${await answering(t, 401)}/app.trunk` });
  await fails("denied", () => new Trunks({ store: there, repo: there.name }).branches.list());
  await fails("failed", () => new Trunks({ store: {}, repo: "app" }).branches.list());
});

test("what is stored wrongly is corrupt", async (t) => {
  const disk = new Disk(scratch(t));
  await opened(disk);
  const packs = `${disk.root}/trunks/app.trunk/objects/pack`;
  for (const name of readdirSync(packs).filter((name) => name.endsWith(".pack"))) {
    chmodSync(`${packs}/${name}`, 0o644);
    const bytes = readFileSync(`${packs}/${name}`);
    writeFileSync(`${packs}/${name}`, bytes.fill(0xff, 12, bytes.length - 20));
  }
  const again = new Trunks({ store: new Disk(disk.root), repo: "app" });
  await fails("corrupt", () => again.files.read({ path: "a" }));
});

test("arguments of another type are invalid, and the core lives on", async () => {
  const { trunks } = await opened(new Memory());
  const write = (change) => trunks.commits.create({ message: "m", changes: [change] });
  for (const [call, message] of [
    [() => trunks.files.read({}), /path must be a string, not undefined/],
    [() => trunks.files.read({ path: 5 }), /path must be a string, not number/],
    [() => trunks.files.list({ ref: {} }), /ref must be a string, not object/],
    [() => trunks.files.read({ path: "a", range: { start: -1, end: 2 } }), /-1/],
    [() => trunks.files.read({ path: "a", range: { start: 0, end: Infinity } }), /Infinity/],
    [() => trunks.branches.create({}), /name must be a string/],
    [() => trunks.tags.create({ name: "x", on: 5 }), /on must be a string, not number/],
    [() => trunks.repos.create({}), /name must be a string/],
    [() => trunks.commits.diff({}), /to must be a string/],
    [() => trunks.commits.get({ id: 7n }), /ref must be a string, not bigint/],
    [() => trunks.commits.create({ changes: [{ remove: "a" }] }), /message/],
    [() => trunks.commits.create({ message: "m" }), /change/],
    [() => write({ write: "b" }), /content of b must be/],
    [() => write({ write: "b", content: 5 }), /content of b must be/],
    [() => write({ write: "b", content: "", mode: "040000" }), /mode of b is/],
    [() => write({ write: "b", content: "", mode: "777" }), /mode of b is/],
    [() => trunks.files.write({ path: "b", content: "", author: { name: "A\n", email: "a" } }), /person's name/],
    [() => trunks.commits.list({ limit: "10" }), /limit must be a whole number/],
    [() => trunks.commits.list({ offset: 0.5 }), /offset must be a whole number/],
  ]) {
    await fails("invalid", call, message);
  }
  assert.equal((await trunks.files.read({ path: "a", range: { start: 0, end: 1 } })).text(), "a");
});
