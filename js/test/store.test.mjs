// However a store's method answers, the core takes it as it was meant, or says what is wrong.

import assert from "node:assert/strict";
import { test } from "node:test";
import { builds } from "./builds.mjs";
import { MapStore, StoreError } from "./map-store.mjs";

const options = { defaultBranch: "main", isStatic: false, id: "1" };

/** A store whose `get` is another. */
function withGet(get) {
  return Object.assign(new MapStore(), { get });
}

for (const [name, { Repositories }] of builds) {
  const refs = (get) => new Repositories(withGet(get)).refs("app", []);
  const rejects = (promise, code, message) =>
    assert.rejects(promise, (error) => {
      assert.equal(error.code, code, error.message);
      assert.match(error.message, message);
      return true;
    });

  test(`${name}: what a store throws is passed on by its code`, async () => {
    const fails = (code) => refs(async () => { throw new StoreError(code, "the cable is out"); });
    await rejects(fails("unavailable"), "unavailable", /the cable is out/);
    await rejects(fails("denied"), "denied", /the cable is out/);
    await rejects(fails("failed"), "failed", /the cable is out/);
    await rejects(fails("ENOSPC"), "failed", /the cable is out/);
    await rejects(refs(() => { throw new StoreError("denied", "at once"); }), "denied", /at once/);
    await rejects(refs(() => Promise.reject("a string")), "failed", /a string/);
    await rejects(refs(() => Promise.reject()), "failed", /get/);
  });

  test(`${name}: a store that answers with something else is found out`, async () => {
    for (const answer of [7, "text", {}, { bytes: [1], sizeBytes: 1, version: 1 }]) {
      await rejects(refs(() => answer), "failed", /get/);
    }
    const lying = (sizeBytes) =>
      refs(async () => ({ bytes: new Uint8Array(1), sizeBytes, version: "1" }));
    for (const size of [-1, 0.5, 2 ** 60, NaN]) await rejects(lying(size), "failed", /get/);
    const missing = Object.assign(new MapStore(), { get: undefined });
    await rejects(new Repositories(missing).refs("app", []), "failed", /get/);
  });

  test(`${name}: a store may answer at once, with another promise, or null`, async () => {
    for (const absent of [null, undefined, { then: (resolve) => resolve(null) }]) {
      await rejects(refs(() => absent), "not-found", /app/);
    }
  });

  test(`${name}: calls do not wait for each other`, async () => {
    const store = new MapStore();
    let underway = 0;
    let most = 0;
    const { get } = store;
    store.get = async (...words) => {
      most = Math.max(most, ++underway);
      await new Promise(setImmediate);
      underway--;
      return get.apply(store, words);
    };
    const repositories = new Repositories(store);
    await repositories.create("app", options);
    await Promise.all(Array.from({ length: 20 }, () => repositories.refs("app", [])));
    assert.ok(most >= 20, `at most ${most} were under way at once`);
  });

  test(`${name}: a call in which the core breaks off is rejected, and the next one answered`, async () => {
    // More bytes than wasm can hold: nobody was left to settle the promise.
    const huge = { bytes: new Uint8Array(2 ** 31), sizeBytes: 2 ** 31, version: "1" };
    await rejects(refs(async () => huge), "failed", /internal error in the core.*report/);
    await rejects(refs(() => null), "not-found", /app/);
  });
}
