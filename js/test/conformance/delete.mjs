// Deleting values, with and without a condition.

import assert from "node:assert/strict";
import { absent, bytes, conflicts, keys, outcome, present, put, same } from "./checks.mjs";

/** Neither `get` nor `list` finds it, and its neighbours stay. */
export async function a_deleted_value_is_gone(store) {
  for (const key of ["delete/a", "delete/b", "delete/b/c", "delete/d/e/f"]) {
    // Where `b` and `b/c` cannot both be, `b` is the one that is.
    await outcome(store.put(key, bytes("x"), "absent"));
  }
  await store.delete("delete/a", "any");
  await store.delete("delete/d/e/f", "any");
  await absent(store, "delete/a");
  await absent(store, "delete/d/e/f");
  const left = await keys(store, "delete/");
  assert.equal(left[0], "delete/b");
  assert.ok(!left.includes("delete/d/e/f"));
  same((await present(store, "delete/b")).bytes, bytes("x"));
}

/** With `"any"`. */
export async function deleting_nothing_succeeds(store) {
  await put(store, "nothing-deleted/there", "x");
  for (const key of ["nothing-deleted/a", "nothing-deleted/deep/a", "nothing-deleted/there/a"]) {
    await store.delete(key, "any");
    await store.delete(key, "absent");
  }
  same((await present(store, "nothing-deleted/there")).bytes, bytes("x"));
}

/** A refused deletion changes nothing. */
export async function a_delete_needs_the_present_version(store) {
  const key = "delete-if/key";
  const one = await put(store, key, "one");
  const two = await put(store, key, "two");
  await conflicts(store.delete(key, { is: one }), key);
  await conflicts(store.delete(key, "absent"), key);
  await conflicts(store.delete(key, { is: "no such version" }), key);
  same((await present(store, key)).bytes, bytes("two"));
  await store.delete(key, { is: two });
  await absent(store, key);
  await conflicts(store.delete(key, { is: two }), key);
}

/** `"absent"` holds again after a deletion, also where a deeper key was. */
export async function a_deleted_key_is_created_again(store) {
  const key = "reborn/key";
  for (let round = 0; round < 3; round++) {
    await store.put(key, Uint8Array.of(round), "absent");
    same((await present(store, key)).bytes, [round]);
    await store.delete(key, "any");
    await store.put("reborn/key/below/it", Uint8Array.of(round), "absent");
    await store.delete("reborn/key/below/it", "any");
  }
}
