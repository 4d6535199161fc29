// Writing values, with and without a condition.

import assert from "node:assert/strict";
import { absent, bytes, conflicts, noise, outcome, present, put, same } from "./checks.mjs";

/** `"absent"` holds once. */
export async function a_created_value_is_not_created_again(store) {
  const key = "create/key";
  const version = await store.put(key, bytes("first"), "absent");
  await conflicts(store.put(key, bytes("again"), "absent"), key);
  await conflicts(store.put(key, bytes("first"), "absent"), key);
  const value = await present(store, key);
  same(value.bytes, bytes("first"));
  assert.equal(value.version, version);
  await store.put("create/empty", bytes(""), "absent");
  await conflicts(store.put("create/empty", bytes("x"), "absent"));
}

/** `"any"` writes over whatever is there: longer, shorter, empty. */
export async function a_value_is_replaced(store) {
  const all = ["short", "", "rather a lot longer", "s"].map(bytes);
  for (const wanted of [...all, noise(2, 200_000), bytes("end")]) {
    const version = await put(store, "replace/key", wanted);
    const value = await present(store, "replace/key");
    same(value.bytes, wanted);
    assert.deepEqual([value.sizeBytes, value.version], [wanted.length, version]);
  }
}

/** `is` holds for the present version only, and a refused write changes nothing. */
export async function an_update_needs_the_present_version(store) {
  const key = "update/key";
  const one = await put(store, key, "one");
  const two = await store.put(key, bytes("two"), { is: one });
  await conflicts(store.put(key, bytes("xxx"), { is: one }), key);
  const value = await present(store, key);
  same(value.bytes, bytes("two"));
  assert.equal(value.version, two);
  await conflicts(store.put(key, bytes("xxx"), { is: "no such version" }), key);
  await store.put(key, bytes("three"), { is: (await present(store, key)).version });
  same((await present(store, key)).bytes, bytes("three"));
}

/** `is` never holds where nothing is, also when something was. */
export async function an_update_of_nothing_conflicts(store) {
  const there = await put(store, "nothing/there", "x");
  const key = "nothing/key";
  await conflicts(store.put(key, bytes("y"), { is: there }), key);
  await absent(store, key);
  const was = await put(store, key, "was");
  await store.delete(key, "any");
  await conflicts(store.put(key, bytes("y"), { is: was }), key);
  await absent(store, key);
}

/** The second key must be as it was seen, or is not looked at. The first one must be absent anyhow. */
export async function a_creation_may_look_at_a_second_key(store) {
  const beside = "beside/other";
  const create = (key, version) => {
    const seen = version === undefined ? { key: beside } : { key: beside, version };
    return store.put(key, bytes("x"), { absentBeside: seen });
  };
  await create("beside/1");
  await conflicts(create("beside/1"));
  const one = await put(store, beside, "one");
  await create("beside/2", one);
  await conflicts(create("beside/2", one));
  await put(store, beside, "two");
  for (const [key, stale] of [["beside/3", undefined], ["beside/4", one]]) {
    const { code } = await outcome(create(key, stale));
    if (code === undefined) {
      same((await present(store, key)).bytes, bytes("x"));
    } else {
      assert.equal(code, "conflict");
      await absent(store, key);
    }
  }
}

/** Equal versions, equal values: however fast the writes follow each other, at any size. */
export async function a_version_moves_with_the_value(store) {
  for (const length of [1, 41, 64 * 1024, 64 * 1024 + 1, 300_000]) {
    const key = `version/${length}`;
    const seen = [];
    for (let round = 0; round < 20; round++) {
      const value = noise(8, length).slice();
      value[length >> 1] = round;
      const version = await put(store, key, value);
      assert.equal((await present(store, key)).version, version);
      assert.ok(!seen.includes(version), `${length} bytes, round ${round}: ${version} again`);
      seen.push(version);
    }
    for (const stale of seen.slice(0, -1)) await conflicts(store.put(key, bytes("stale"), { is: stale }), key);
  }
}

/** A value of 100 MiB in one piece. */
export async function a_value_of_100_mib_is_written(store) {
  const whole = noise(3, 100 << 20);
  const version = await store.put("huge/key", whole, "absent");
  const value = await present(store, "huge/key");
  same(value.bytes, whole);
  assert.equal(value.version, version);
  const [start, end] = [(50 << 20) - 3, (50 << 20) + 5];
  same((await store.get("huge/key", { start, end })).bytes, whole.subarray(start, end));
  await store.delete("huge/key", { is: version });
}
