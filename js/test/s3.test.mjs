// A bucket behind an S3 server: what every store must do, and what is true when the network breaks.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { S3, Trunks } from "@layerbrain/trunks";
import { bytes, conflicts, outcome, present, same } from "./conformance/checks.mjs";
import { conformance } from "./conformance.mjs";
import { credentials, faultyProxy, freePort, makeBucket, startS3 } from "./s3-server.mjs";

let server;
before(async () => { server = await startS3(); });
after(() => server.end());

async function opened(options = {}) {
  const endpoint = `http://127.0.0.1:${server.port}`;
  return new S3({ bucket: await makeBucket(server.port), endpoint, ...credentials, ...options });
}

conformance("s3", () => opened());

/** What a request may meet that trying again, or looking again, mends. */
const FAULTS = [["cut"], ["lose"], [500], [503], [429], [undefined, "lose"], ["lose", "lose"], [503, "cut"]];

test("faults of requests change nothing", async (t) => {
  const { plan, met, endpoint } = await faultyProxy(t, server.port);
  const store = await opened({ endpoint, prefix: "below/here" });
  const during = async (fault, call) => {
    plan.push(...fault);
    const end = await outcome(call());
    plan.length = 0;
    return end;
  };
  for (const [round, fault] of FAULTS.entries()) {
    const key = `faults/${round}`;
    const say = `${key} ${JSON.stringify(fault)}`;
    const created = await during(fault, () => store.put(key, bytes("one"), "absent"));
    assert.equal(created.code, undefined, `${say}: ${created.error?.message}`);
    assert.equal((await during(fault, () => store.put(key, bytes("two"), "absent"))).code, "conflict", say);
    const updated = await during(fault, () => store.put(key, bytes("three"), { is: created.value }));
    assert.equal(updated.code, undefined, `${say}: ${updated.error?.message}`);
    const stale = await during(fault, () => store.put(key, bytes("four"), { is: created.value }));
    assert.equal(stale.code, "conflict", say);
    const read = await during(fault, () => store.get(key, { start: 1, end: 3 }));
    same(read.value.bytes, bytes("hr"), say);
    const listed = await during(fault, () => store.list("faults/", undefined, 10));
    assert.deepEqual(listed.value.entries.map((entry) => entry.key), [key], say);
    const upload = await store.uploadStart(`${key}/upload`);
    const parts = [(await during(fault, () => store.uploadPart(upload, 1, bytes("part")))).value];
    const finished = await during(fault, () => store.uploadFinish(upload, parts, "absent"));
    assert.equal(finished.code, undefined, `${say}: ${finished.error?.message}`);
    same((await present(store, `${key}/upload`)).bytes, bytes("part"));
    await store.delete(`${key}/upload`, "any");
    const deleted = await during(fault, () => store.delete(key, { is: updated.value }));
    assert.equal(deleted.code, undefined, `${say}: ${deleted.error?.message}`);
    assert.equal(await store.get(key), undefined, say);
  }
  for (const fault of ["cut", "lose", "500", "503", "429"]) {
    assert.ok(met.some((line) => line.endsWith(fault)), `no request met ${fault}`);
  }
});

test("who cannot be reached is given up in time, and nothing secret is told", async (t) => {
  const { plan, endpoint } = await faultyProxy(t, server.port);
  const slow = await opened({ endpoint, timeoutMs: 400 });
  plan.push(...Array(100).fill(503));
  const given = await outcome(slow.get("key"));
  assert.equal(given.code, "unavailable");
  assert.match(given.error.message, /503 InternalError/);
  const dead = await opened({ endpoint: `http://127.0.0.1:${await freePort()}` });
  const refused = await outcome(dead.get("key"));
  assert.equal(refused.code, "unavailable", refused.error?.message);
  const none = new S3({ bucket: "no-such-bucket", endpoint: `http://127.0.0.1:${server.port}`, ...credentials });
  const missing = await outcome(none.put("key", bytes("x"), "any"));
  assert.equal(missing.code, "failed");
  assert.match(missing.error.message, /there is no bucket no-such-bucket/);
  for (const { error } of [given, refused, missing]) {
    assert.ok(!`${error.stack} ${JSON.stringify(error)}`.includes(credentials.secretAccessKey));
  }
  assert.throws(() => new S3({ bucket: "a/b", ...credentials }), { code: "failed" });
  assert.throws(() => new S3({ bucket: "b", accessKeyId: "", secretAccessKey: "" }), { code: "denied" });
});

test("a value that was deleted on a condition leaves no tombstone to be seen", async () => {
  const store = await opened();
  const version = await store.put("a/key", bytes("value"), "absent");
  await store.delete("a/key", { is: version });
  await conflicts(store.delete("a/key", { is: version }));
  assert.deepEqual((await store.list("a/", undefined, 10)).entries, []);
  await store.put("a/key", bytes("again"), "absent");
});

test("twenty writers of one branch in a bucket: none is lost", async () => {
  const trunks = new Trunks({ store: await opened(), repo: "app", author: { name: "Ada", email: "ada@example.com" } });
  await trunks.repos.create({ name: "app" });
  await Promise.all(Array.from({ length: 20 }, (_, writer) =>
    trunks.files.write({ path: `by/${writer}`, content: `${writer}` })));
  assert.equal((await trunks.files.list({ path: "by" })).total_count, 20);
});
