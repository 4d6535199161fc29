// Values that are written in parts.

import assert from "node:assert/strict";
import { absent, bytes, conflicts, keys, noise, outcome, PART_BYTES, present, put, same } from "./checks.mjs";

async function send(store, upload, whole) {
  const starts = Array.from({ length: Math.ceil(whole.length / PART_BYTES) }, (_, at) => at * PART_BYTES);
  return Promise.all(starts.map((start, before) =>
    store.uploadPart(upload, before + 1, whole.slice(start, start + PART_BYTES))));
}

async function uploaded(store, key, whole, expected) {
  const upload = await store.uploadStart(key);
  return store.uploadFinish(upload, await send(store, upload, whole), expected);
}

/** Several at once, in any order, the last one short. */
export async function parts_make_one_value(store) {
  const whole = noise(4, 2 * PART_BYTES + 12_345);
  for (const order of [[1, 2, 3], [3, 1, 2], [2, 3, 1]]) {
    const key = `parts/${order.join("")}`;
    const upload = await store.uploadStart(key);
    const parts = [];
    for (const number of order) {
      const part = whole.slice((number - 1) * PART_BYTES, number * PART_BYTES);
      parts[number - 1] = await store.uploadPart(upload, number, part);
    }
    const version = await store.uploadFinish(upload, parts, "absent");
    const value = await present(store, key);
    same(value.bytes, whole, key);
    assert.equal(value.version, version);
  }
  const version = await uploaded(store, "parts/at-once", whole, "any");
  const value = await present(store, "parts/at-once");
  same(value.bytes, whole);
  assert.equal(value.version, version);
  const [start, end] = [PART_BYTES - 10, PART_BYTES + 10];
  const around = await store.get("parts/at-once", { start, end });
  same(around.bytes, whole.subarray(start, end));
  assert.equal(around.sizeBytes, whole.length);
  await uploaded(store, "parts/small", bytes("one short part"), "absent");
  same((await present(store, "parts/small")).bytes, bytes("one short part"));
}

/** Neither `get` nor `list` sees it, and what was there stays until then. */
export async function nothing_is_seen_before_the_end(store) {
  await put(store, "unseen/old", "old");
  const whole = noise(5, PART_BYTES + 1);
  for (const key of ["unseen/new", "unseen/old"]) {
    const upload = await store.uploadStart(key);
    const before = await store.get(key);
    const parts = await send(store, upload, whole);
    const after = await store.get(key);
    assert.deepEqual(after?.version, before?.version);
    assert.equal((await keys(store, "unseen/")).includes(key), before != null);
    await store.uploadFinish(upload, parts, "any");
    same((await present(store, key)).bytes, whole);
  }
  assert.deepEqual(await keys(store, "unseen/"), ["unseen/new", "unseen/old"]);
}

/** Also twice, and after the end, when it harms nothing. */
export async function an_aborted_upload_leaves_nothing(store) {
  const upload = await store.uploadStart("aborted/key");
  const parts = await send(store, upload, bytes("part"));
  await store.uploadAbort(upload);
  await store.uploadAbort(upload);
  assert.notEqual((await outcome(store.uploadFinish(upload, parts, "any"))).code, undefined);
  assert.deepEqual(await keys(store, "aborted"), []);
  const late = await store.uploadStart("aborted/late");
  await store.uploadFinish(late, await send(store, late, bytes("part")), "any");
  await store.uploadAbort(late);
  same((await present(store, "aborted/late")).bytes, bytes("part"));
}

/** The condition is that of the end, not of the start; an upload is spent either way. */
export async function an_upload_ends_on_a_condition(store) {
  const key = "condition/key";
  const late = await store.uploadStart(key);
  const parts = await send(store, late, bytes("late"));
  const first = await put(store, key, "first");
  await conflicts(store.uploadFinish(late, parts, "absent"), key);
  same((await present(store, key)).bytes, bytes("first"));
  assert.notEqual((await outcome(store.uploadFinish(late, parts, "any"))).code, undefined);
  const second = await uploaded(store, key, bytes("second"), { is: first });
  await conflicts(uploaded(store, key, bytes("stale"), { is: first }), key);
  const value = await present(store, key);
  same(value.bytes, bytes("second"));
  assert.equal(value.version, second);
  await absent(store, "condition/other");
}

/** Each has its own parts; `"absent"` holds for the first to end. */
export async function two_uploads_of_one_key_do_not_mix(store) {
  const key = "two-uploads/key";
  const wholes = [noise(6, PART_BYTES + 5), noise(7, PART_BYTES + 9)];
  const open = [await store.uploadStart(key), await store.uploadStart(key)];
  const parts = await Promise.all(open.map((upload, at) => send(store, upload, wholes[at])));
  const ends = await Promise.all(
    open.map((upload, at) => outcome(store.uploadFinish(upload, parts[at], "absent"))),
  );
  const winner = ends.findIndex((end) => end.code === undefined);
  assert.ok(winner >= 0, "one wins");
  assert.equal(ends[1 - winner].code, "conflict");
  same((await present(store, key)).bytes, wholes[winner]);
}
