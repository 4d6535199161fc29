// Listing keys.

import assert from "node:assert/strict";
import { absent, byBytes, bytes, each, keys, outcome, present, put, same } from "./checks.mjs";

async function putAll(store, all) {
  for (const key of all) await put(store, key, key);
}

/** The first key of the store is on the first page, whoever else has written there. */
export async function an_empty_prefix_lists_all(store) {
  await putAll(store, ["!first", "all/one", "~last"]);
  const all = await keys(store, "");
  assert.deepEqual([all[0], all.at(-1)], ["!first", "~last"]);
  assert.ok(all.includes("all/one"));
  assert.deepEqual(all, all.toSorted(byBytes));
  for (const key of ["!first", "~last"]) await store.delete(key, "any");
}

/** Of whole keys: not the order of a tree that is walked, where `a/b` would come before `a-b`. */
export async function keys_are_in_byte_order(store) {
  const sorted = ["A", "Z/z", "a-b", "a-b-/c", "a.b", "a/b", "a/b0", "a0", "a0b/c", "aa", "b!/x", "b/x", "é", "日"];
  const all = sorted.map((name) => `order/${name}`);
  await putAll(store, [...all.slice(7), ...all.slice(0, 7).reverse()]);
  assert.deepEqual(await keys(store, "order/"), all);
}

/** It need not end where a segment does. */
export async function a_prefix_is_a_plain_string(store) {
  const all = ["prefix/ab/c", "prefix/ab/d/e", "prefix/abc", "prefix/b", "prefixes/x"];
  await putAll(store, all);
  for (const [prefix, from, to] of [
    ["prefix", 0, 5], ["prefix/", 0, 4], ["prefix/a", 0, 3], ["prefix/ab", 0, 3], ["prefix/ab/", 0, 2],
    ["prefix/ab/d", 1, 2], ["prefix/ab/d/", 1, 2], ["prefix/ab/d/e", 1, 2], ["prefix/ab/d/e/", 0, 0],
    ["prefix/abc", 2, 3], ["prefix/abcd", 0, 0], ["prefix/b/", 0, 0], ["prefix/nothing/here", 0, 0],
    ["prefixe", 4, 5],
  ]) {
    assert.deepEqual(await keys(store, prefix), all.slice(from, to), prefix);
  }
}

/** `after` need not be a key, nor start with the prefix. */
export async function a_page_continues_after_a_key(store) {
  const all = ["a", "b-", "b/c", "b/d/e", "b/d/f", "b0", "c"].map((name) => `after/${name}`);
  await putAll(store, all);
  for (const [after, from] of [
    ["", 0], ["after", 0], ["after/", 0], ["after/a", 1], ["after/a/zzz", 1], ["after/b", 1], ["after/b-", 2],
    ["after/b/", 2], ["after/b/c", 3], ["after/b/d", 3], ["after/b/d/", 3], ["after/b/d/e", 4],
    ["after/b/d/e/deeper", 4], ["after/b/d/zzz", 5], ["after/b/z", 5], ["after/b0", 6], ["after/c", 7],
    ["after/zzz", 7], ["afterwards", 7], ["zzz", 7],
  ]) {
    const left = all.slice(from);
    for (const limit of [1, 2, 3, 7, 1000]) {
      const page = await store.list("after/", after, limit);
      const found = page.entries.map((entry) => entry.key);
      assert.ok(found.length <= limit, `${after} ${limit}`);
      assert.deepEqual(found, left.slice(0, found.length), `${after} ${limit}`);
      assert.equal(page.more, found.length < left.length, `${after} ${limit}`);
      assert.ok(!page.more || found.length > 0, `${after} ${limit}: no way on`);
    }
  }
}

/** More keys than any provider puts on one page, in a flat and in a deep place. */
export async function pages_hold_every_key_once(store) {
  const all = Array.from({ length: 700 }, (_, i) => `pages/flat/${i}`);
  for (let i = 0; i < 500; i++) all.push(`pages/${i % 7}/${i % 3}/${i}`);
  await each(all, 50, (key) => store.put(key, bytes("xxx"), "any"));
  all.sort(byBytes);
  for (const limit of [7, 100, 999, 1000, 5000]) {
    const found = [];
    for (let more = true; more; ) {
      const page = await store.list("pages/", found.at(-1), limit);
      found.push(...page.entries.map((entry) => entry.key));
      more = page.more;
    }
    assert.deepEqual(found, all, `${limit} a page`);
  }
}

const ODD = [
  "a b", "a+b", "a%2Fb", "a%", "a#b", "a&b=c", "a'b", 'a"b', "a$b", "a;b", "a,b", "a@b", "a!b", "a(b)", "a{b}",
  "a|b", "a<b>", "a~b", "a`b", "-a", "_a", "a.b.c", "é", "e\u0301", "日本語", "🌳", "\ufffd", "a\u00a0b", "%00",
  "+", "=", ".a", "a..b",
];

/** What a ref's name may hold, and some more. */
export async function odd_characters_are_kept(store) {
  const all = ODD.flatMap((name) => [`odd/${name}`, `odd/below ${name}/${name}`]);
  all.push(`odd/${"n".repeat(200)}`);
  await putAll(store, all);
  all.sort(byBytes);
  assert.deepEqual(await keys(store, "odd/"), all);
  for (const key of all) {
    same((await present(store, key)).bytes, bytes(key), key);
    assert.equal((await store.list(key, undefined, 1)).entries[0]?.key, key);
    await store.delete(key, "any");
  }
  assert.deepEqual(await keys(store, "odd/"), []);
}

/** The size is the value's, and the time does not run backwards. */
export async function an_entry_says_size_and_time(store) {
  await put(store, "entry/a", "12345");
  await put(store, "entry/b", "");
  const { entries } = await store.list("entry/", undefined, 10);
  assert.deepEqual(entries.map((entry) => entry.sizeBytes), [5, 0]);
  assert.ok(entries[0].modifiedS > 1_700_000_000);
  await put(store, "entry/a", "1");
  const [entry] = (await store.list("entry/a", undefined, 10)).entries;
  assert.equal(entry.sizeBytes, 1);
  assert.ok(entry.modifiedS >= entries[0].modifiedS);
}

/** `a` and `a/b`: both are kept, or the second is refused and the first stays. */
export async function a_key_may_begin_with_another(store) {
  for (const [first, second] of [["nested/a", "nested/a/b"], ["nested/c/d", "nested/c"]]) {
    await put(store, first, "first");
    const { code, error } = await outcome(store.put(second, bytes("second"), "absent"));
    if (code !== undefined) assert.deepEqual([code, error.message !== ""], ["failed", true], `${second}: ${error}`);
    same((await present(store, first)).bytes, bytes("first"));
    if (code !== undefined) await absent(store, second);
    const found = await keys(store, first < second ? first : second);
    assert.equal(found.length, code === undefined ? 2 : 1);
    await store.delete(first, "any");
    await put(store, second, "second");
    same((await present(store, second)).bytes, bytes("second"));
  }
}
