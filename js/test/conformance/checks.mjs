// What the behaviours look with.

import assert from "node:assert/strict";

export const PART_BYTES = 8 * 1024 * 1024;

export const bytes = (text) => new TextEncoder().encode(text);
export const text = (bytes) => new TextDecoder().decode(bytes);

export async function put(store, key, value) {
  return store.put(key, typeof value === "string" ? bytes(value) : value, "any");
}

export async function present(store, key) {
  const value = await store.get(key);
  assert.ok(value, `${key} is absent`);
  return value;
}

export async function absent(store, key, range) {
  assert.ok((await store.get(key, range)) == null, `${key} is there`);
}

/** Compares bytes without printing megabytes of them. */
export function same(found, wanted, message = "other bytes") {
  const at = found.length === wanted.length ? found.findIndex((byte, at) => byte !== wanted[at]) : 0;
  assert.ok(at < 0 || wanted.length + found.length === 0, `${message}: ${found.length} bytes, where ${wanted.length} are wanted, and other ones from ${at} on`);
}

/** That the call met another writer's value. */
export async function conflicts(call, key = "") {
  await assert.rejects(call, (error) => {
    assert.equal(error.code, "conflict", `${key}: ${error.stack}`);
    return true;
  }, key);
}

/** What the call came to, as a value that can be compared. */
export async function outcome(call) {
  try {
    return { value: await call };
  } catch (error) {
    return { code: error.code ?? String(error), error };
  }
}

export async function keys(store, prefix) {
  const found = [];
  for (;;) {
    const page = await store.list(prefix, found.at(-1), 1000);
    found.push(...page.entries.map((entry) => entry.key));
    if (!page.more) return found;
    assert.ok(page.entries.length > 0, "a page without keys promises more");
  }
}

/** Bytes without a pattern that a store could fold: the same for the same `seed`. */
export function noise(seed, length) {
  const words = new Uint32Array(Math.ceil(length / 4));
  let state = (Math.imul(seed, 0x9e3779b9) ^ 0x5bd1e995) >>> 0 || 1;
  for (let at = 0; at < words.length; at++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[at] = state;
  }
  return new Uint8Array(words.buffer, 0, length);
}

/** A generator of numbers below `most`, the same for the same `seed`. */
export function numbers(seed) {
  let state = seed;
  return (most) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * most);
  };
}

/** Byte order of UTF-8. */
export function byBytes(a, b) {
  const [left, right] = [bytes(a), bytes(b)];
  const at = left.findIndex((byte, at) => byte !== right[at]);
  return at < 0 ? left.length - right.length : left[at] - (right[at] ?? -1);
}

/** Calls `work` on all, so many at once. */
export async function each(all, atOnce, work) {
  const left = [...all];
  await Promise.all(Array.from({ length: atOnce }, async () => {
    for (let next; (next = left.shift()) !== undefined; ) await work(next);
  }));
}
