// Reading values and ranges of them.

import assert from "node:assert/strict";
import { absent, bytes, noise, present, put, same } from "./checks.mjs";

/** Nothing is there: that is no error. */
export async function an_absent_key_has_no_value(store) {
  await put(store, "absent/there", "x");
  for (const key of ["absent/nothing", "absent", "absent/there/below", "absent/deep/down/below"]) {
    await absent(store, key);
    await absent(store, key, { start: 0, end: 10 });
  }
}

/** Without a range all of it comes, with its size and version. */
export async function a_value_is_read_whole(store) {
  const version = await put(store, "whole/key", "value");
  const value = await present(store, "whole/key");
  same(value.bytes, bytes("value"));
  assert.deepEqual([value.sizeBytes, value.version], [5, version]);
}

/** An empty value is there; an absent one is not. */
export async function an_empty_value_is_a_value(store) {
  const version = await put(store, "empty/key", "");
  const whole = await present(store, "empty/key");
  assert.deepEqual([whole.bytes.length, whole.sizeBytes, whole.version], [0, 0, version]);
  for (const [start, end] of [[0, 0], [0, 1], [5, 9]]) {
    const value = await store.get("empty/key", { start, end });
    assert.deepEqual([value.bytes.length, value.sizeBytes, value.version], [0, 0, version], `${start}..${end}`);
  }
}

const LAST = Number.MAX_SAFE_INTEGER;

/** What lies past the end is left out, and every range tells the whole value's size and version. */
export async function a_range_is_cut_at_the_end(store) {
  const version = await put(store, "range/key", "0123456789");
  for (const [start, end, wanted] of [
    [0, 10, "0123456789"], [0, 1, "0"], [9, 10, "9"], [3, 7, "3456"], [7, 100, "789"], [0, LAST, "0123456789"],
    [10, 11, ""], [11, 12, ""], [LAST - 1, LAST, ""], [4, 4, ""],
  ]) {
    const value = await store.get("range/key", { start, end });
    same(value.bytes, bytes(wanted), `${start}..${end}`);
    assert.deepEqual([value.sizeBytes, value.version], [10, version], `${start}..${end}`);
  }
}

/** Ranges of a value that no store keeps inline, at and around round offsets. */
export async function a_range_of_a_large_value_is_exact(store) {
  const whole = noise(1, (3 << 20) + 17);
  const version = await put(store, "large/key", whole);
  for (const start of [0, 1, 4095, 4096, 65_535, 65_536, 1 << 20, (3 << 20) - 1, 3 << 20, whole.length - 1]) {
    for (const length of [0, 1, 20, 4096, 65_537, 1 << 20, 4 << 20]) {
      const value = await store.get("large/key", { start, end: start + length });
      same(value.bytes, whole.subarray(start, start + length), `${start} + ${length}`);
      assert.deepEqual([value.sizeBytes, value.version], [whole.length, version]);
    }
  }
  same((await present(store, "large/key")).bytes, whole);
}

/** Values are bytes: nothing is taken for text, or for the end. */
export async function every_byte_comes_back(store) {
  const every = Uint8Array.from({ length: 512 }, (_, at) => (at < 256 ? at : 511 - at));
  await put(store, "bytes/key", every);
  same((await present(store, "bytes/key")).bytes, every);
  const lines = Uint8Array.from([13, 10, 10, 13, 0, 0x1a, 0xef, 0xbb, 0xbf]);
  await put(store, "bytes/lines", lines);
  same((await present(store, "bytes/lines")).bytes, lines);
}
