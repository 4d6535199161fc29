// The bucket as a store over an R2 that breaks: what is answered is true, and what can be mended is. The
// behaviours are those of `tests/src/conformance/faults.rs`.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { INTERNAL, LOST, TOO_MANY, UNAVAILABLE, startBetween } from "./between.mjs";
import { Probed } from "./probed.mjs";
import { PROBE } from "./worker.mjs";

const FAULTS = [
  { refuse: LOST }, { refuse: INTERNAL }, { refuse: UNAVAILABLE }, { refuse: TOO_MANY },
  { lose: LOST }, { lose: INTERNAL }, { lose: UNAVAILABLE }, { tear: LOST },
];

const ROUNDS = [{ pass: 0, times: 1 }, { pass: 1, times: 1 }, { pass: 0, times: 2 }];

// Most of the time is spent in pauses: all rounds go at once, each below a prefix of its own.
describe("r2: faults of calls change nothing", { concurrency: true }, () => {
  const plans = new Map();
  let worker;
  let stop;
  before(async () => {
    const judge = ({ key }) => plans.get(key.split("/")[0])?.();
    worker = await startBetween({ after: (end) => (stop = end) }, judge, { build: PROBE });
  });
  after(() => stop());

  for (const [number, fault] of FAULTS.entries()) {
    for (const { pass, times } of ROUNDS) {
      const [[what, why]] = Object.entries(fault);
      test(`${what} ${times} after ${pass}: ${why}`, async () => {
        const place = `${number}-${pass}-${times}`;
        let met = 0;
        const broken = async (call) => {
          let [passing, left] = [pass, times];
          plans.set(place, () => {
            if (left === 0 || passing-- > 0) return undefined;
            left -= 1;
            met += 1;
            return fault;
          });
          try {
            return await call();
          } finally {
            plans.delete(place);
          }
        };
        await calls(new Probed(worker.url), place, broken);
        assert.ok(met > 0, "the fault met nothing");
      });
    }
  }
});

/** Makes every call once below a prefix, each while R2 is broken. */
async function calls(store, place, broken) {
  const [key, other, large, spare] = ["key", "other", "large", "spare"].map((name) => `${place}/${name}`);
  const [one, two, three] = [0, 1, 2].map(() => randomBytes(20_000));
  const holds = async (key, bytes) => {
    const value = await store.get(key);
    assert.ok(value && bytes.equals(value.bytes), key);
    return value.version;
  };
  const conflicts = { code: "conflict" };

  const first = await broken(() => store.put(key, one, "absent"));
  assert.equal(await holds(key, one), first);
  await assert.rejects(broken(() => store.put(key, two, "absent")), conflicts);
  await holds(key, one);
  const second = await broken(() => store.put(key, two, { is: first }));
  assert.equal(await holds(key, two), second);
  await assert.rejects(broken(() => store.put(key, three, { is: first })), conflicts);
  await holds(key, two);

  const whole = await broken(() => store.get(key));
  assert.ok(two.equals(whole.bytes));
  const part = await broken(() => store.get(key, { start: 7, end: 9000 }));
  assert.ok(two.subarray(7, 9000).equals(part.bytes));
  assert.equal(await broken(() => store.get(`${place}/none`)), undefined);
  const listed = await broken(() => store.list(`${place}/`, undefined, 10));
  assert.deepEqual(listed.entries.map((entry) => entry.key), [key]);

  await assert.rejects(broken(() => store.delete(key, { is: first })), conflicts);
  await holds(key, two);
  await broken(() => store.delete(key, { is: second }));
  assert.equal(await store.get(key), undefined);
  await store.put(other, one, "any");
  await broken(() => store.delete(other, "any"));
  assert.equal(await store.get(other), undefined);

  const upload = await broken(() => store.uploadStart(large));
  const sent = await broken(() => store.uploadPart(upload, 1, one));
  const finished = await broken(() => store.uploadFinish(upload, [sent], "absent"));
  assert.equal(await holds(large, one), finished);
  const unwanted = await store.uploadStart(spare);
  await broken(() => store.uploadAbort(unwanted));
  await store.delete(large, "any");
  assert.deepEqual((await store.list(`${place}/`, undefined, 10)).entries, []);
}
