// Several writers and readers at once.

import assert from "node:assert/strict";
import { Memory } from "@layerbrain/trunks";
import { byBytes, bytes, keys, noise, numbers, outcome, present, put, same, text } from "./checks.mjs";

const WRITERS = Array.from({ length: 20 }, (_, writer) => writer);
const ROUNDS = 100;

/** Who won, of writers that all expected the same; the others must have met a conflict. */
async function winner(key, calls) {
  const ends = await Promise.all(calls.map(outcome));
  const won = ends.findIndex((end) => end.code === undefined);
  const others = ends.filter((_, at) => at !== won).map((end) => end.code);
  assert.ok(won >= 0, `${key}: nobody won`);
  assert.deepEqual(others, others.map(() => "conflict"), `${key}: not exactly one won`);
  return [won, ends[won].value];
}

/** The version of a value is spent by one update. */
export async function one_of_twenty_updates_wins(store) {
  const key = "race/update";
  let version = await put(store, key, "start");
  for (let round = 0; round < ROUNDS; round++) {
    const is = version;
    const [won, written] = await winner(key,
      WRITERS.map((writer) => store.put(key, bytes(`${round} ${writer}`), { is })));
    const value = await present(store, key);
    assert.deepEqual([text(value.bytes), value.version], [`${round} ${won}`, written]);
    version = written;
  }
}

/** A key is created by one. */
export async function one_of_twenty_creations_wins(store) {
  for (let round = 0; round < ROUNDS; round++) {
    const key = `race/create/${round}/deep/key`;
    const [won] = await winner(key, WRITERS.map((writer) => store.put(key, bytes(`${writer}`), "absent")));
    assert.equal(text((await present(store, key)).bytes), `${won}`);
  }
}

/** A version is spent by one deletion or one update. */
export async function one_of_twenty_deletions_wins(store) {
  const key = "race/delete/deep/key";
  for (let round = 0; round < ROUNDS; round++) {
    const is = await put(store, key, `${round}`);
    // Like no value that was there before: a mark may be one of bytes.
    const [won] = await winner(key, WRITERS.map((writer) =>
      writer % 2 === 0 ? store.delete(key, { is }) : store.put(key, bytes(`w${writer}`), { is })));
    const found = await store.get(key);
    assert.equal(found && text(found.bytes), won % 2 === 0 ? undefined : `w${won}`);
  }
}

/** Writers that read, add one and try again: every acknowledged one counts. */
export async function no_increment_is_lost(store) {
  const EACH = 10;
  const key = "race/counter";
  await put(store, key, "0");
  await Promise.all(WRITERS.map(async () => {
    for (let left = EACH; left > 0; ) {
      const value = await present(store, key);
      const next = bytes(`${Number(text(value.bytes)) + 1}`);
      const { code, error } = await outcome(store.put(key, next, { is: value.version }));
      if (code === undefined) left--;
      else if (code !== "conflict") throw error;
    }
  }));
  assert.equal(text((await present(store, key)).bytes), `${WRITERS.length * EACH}`);
}

/** A reader sees one write whole, beside writers of all sizes. */
export async function a_read_is_never_torn(store) {
  const key = "race/torn";
  const value = (round) => new Uint8Array([1, 41, 5000, 70_000, 400_000][round % 5]).fill(round);
  await put(store, key, value(0));
  const write = async () => {
    for (let round = 1; round < 100; round++) await put(store, key, value(round));
  };
  const read = async () => {
    for (let turn = 0; turn < 200; turn++) {
      const found = await present(store, key);
      same(found.bytes, value(found.bytes[0]), "torn");
      assert.equal(found.sizeBytes, found.bytes.length);
      const part = await store.get(key, { start: 1, end: 40_000 });
      assert.ok(part.bytes.every((byte) => byte === part.bytes[0]));
    }
  };
  await Promise.all([write(), ...Array.from({ length: 4 }, read)]);
}

/** Keys that nobody touches are on every page, once, whatever happens around them. */
export async function a_listing_beside_writers_is_whole(store) {
  const still = Array.from({ length: 50 }, (_, i) => `race/list/${i % 5}/${i}`);
  for (const key of still) await put(store, key, "still");
  const write = async (writer) => {
    const key = `race/list/${writer}/moving/${writer}`;
    for (let round = 0; round < 20; round++) {
      await put(store, key, `${round}`);
      await store.delete(key, "any");
      await put(store, `race/list/${writer}/${writer}`, "still");
    }
  };
  const list = async () => {
    for (let turn = 0; turn < 50; turn++) {
      const found = await keys(store, "race/list/");
      assert.deepEqual(found, [...new Set(found)].sort(byBytes));
      for (const key of still) assert.ok(found.includes(key), `${key} was not listed`);
    }
  };
  await Promise.all([list(), ...[0, 1, 2, 3, 4].map(write)]);
}

/** A few thousand steps of everything, each compared with the store in memory. */
export async function any_sequence_does_what_memory_does(store) {
  const model = new Memory();
  const names = ["a", "b", "c-d", "c/d", "c/e/f", "c/e/g", "h/i"];
  // The present version of a key last, and one that it had before.
  const versions = names.map(() => []);
  const next = numbers(0x5eed);
  for (let step = 0; step < 1500; step++) {
    const at = next(names.length);
    const key = `sequence/${names[at]}`;
    const known = next(4) === 0 ? undefined : versions[at].at(next(4) === 0 ? 0 : -1);
    const plain = next(2) === 0 ? "any" : "absent";
    const [expected, modelled] = known ? known.map((is) => ({ is })) : [plain, plain];
    switch (next(4)) {
      case 0: {
        const [found, wanted] = [
          await outcome(store.delete(key, expected)), await outcome(model.delete(key, modelled))];
        assert.equal(found.code, wanted.code, `step ${step}: ${found.error}`);
        break;
      }
      case 1: {
        const [found, wanted] = [await store.get(key), await model.get(key)];
        assert.deepEqual(found && [...found.bytes], wanted && [...wanted.bytes], `step ${step}`);
        break;
      }
      default: {
        // No two values are equal, so versions say what they say in the model.
        const value = Uint8Array.from([...bytes(`${step} `), ...noise(step + 1, next(300))]);
        const [found, wanted] = [
          await outcome(store.put(key, value, expected)), await outcome(model.put(key, value, modelled))];
        assert.equal(found.code, wanted.code, `step ${step}: ${found.error}`);
        if (found.code === undefined) versions[at] = [...versions[at].slice(-1), [found.value, wanted.value]];
      }
    }
    if (step % 100 === 0) assert.deepEqual(await keys(store, "sequence"), await keys(model, "sequence"));
  }
}
