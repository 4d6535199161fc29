// Pushes and clones over an R2 that breaks: what was acknowledged is there, what was refused has moved nothing, and
// what is tried again goes through.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { INTERNAL, LOST, TOO_MANY, UNAVAILABLE, startBetween } from "./between.mjs";
import { change, create, git, judge, remote, start, token, work } from "./worker.mjs";

// A call is known by its repository, and each has a plan of its own: most of the time is spent in pauses, so all
// go at once.
const plans = new Map();
const repository = (key) => /^trunks\/(.*?)\.trunk\//.exec(key)?.[1];
const secret = token("*", "write");
let worker;
let one;
let first;
let second;
let stop;

before(async () => {
  worker = await startBetween({ after: (end) => (stop = end) }, (call) => plans.get(repository(call.key))?.(call));
  one = await work(worker, "one", 3);
  [first, second] = [await git(one, "rev-parse", "main~1"), await git(one, "rev-parse", "main")];
});
after(() => stop());

/** Makes a repository that holds `first` as main and as old, and gives its URL. */
async function prepare(name) {
  await create(worker, name);
  const url = remote(worker, name, secret);
  await git(one, "push", "--quiet", url, `${first}:refs/heads/main`, `${first}:refs/heads/old`);
  return url;
}

const BEFORE = () => `${first} refs/heads/main\n${first} refs/heads/old`;

/** What git is asked to do, and what the refs are when it is done. */
const DEEDS = {
  push: {
    words: (url) => ["push", "--quiet", url, `${second}:refs/heads/main`],
    done: () => `${second} refs/heads/main\n${first} refs/heads/old`,
    isLastTheRef: true,
  },
  // When the ref is gone packed-refs is asked for it: without an answer nobody is told that it is.
  delete: {
    words: (url) => ["push", "--quiet", url, ":refs/heads/old"],
    done: () => `${first} refs/heads/main`,
    isLastTheRef: false,
  },
};

// In the long form, which `cargo xtask worker --long` asks for, each call meets each fault.
const IS_LONG = process.env.TRUNKS_TEST_LONG === "1";
const ONCE = [
  { lose: LOST }, { refuse: INTERNAL }, { tear: LOST }, { refuse: UNAVAILABLE }, { lose: INTERNAL }, { refuse: TOO_MANY },
];
const EVER = [{ refuse: INTERNAL }, { lose: LOST }];

/** Which call meets which fault. */
function meetings(count, faults) {
  const pairs = Array.from({ length: count }, (_, pass) => faults.map((fault) => [pass, fault])).flat();
  return IS_LONG ? pairs : pairs.filter(([pass, fault]) => fault === faults[pass % faults.length]);
}

/** How many calls a deed makes when nothing breaks. */
async function calls(deed, name) {
  const url = await prepare(name);
  let count = 0;
  plans.set(name, () => void (count += 1));
  await git(one, ...DEEDS[deed].words(url));
  plans.delete(name);
  assert.equal(await judge(worker, name), DEEDS[deed].done());
  return count;
}

/** Does one thing for each of the items, and some of them at once. */
async function each(items, some, act) {
  const left = [...items.entries()];
  const next = async () => {
    for (let item = left.shift(); item; item = left.shift()) await act(...item);
  };
  await Promise.all(Array.from({ length: some }, next));
}

for (const deed of Object.keys(DEEDS)) {
  const { words, done, isLastTheRef } = DEEDS[deed];

  test(`a ${deed} goes through whichever call of it fails once`, async () => {
    const count = await calls(deed, `${deed}/whole`);
    assert.ok(count >= 10, `${count} calls`);
    await each(meetings(count, ONCE), 6, async (number, [pass, fault]) => {
      const name = `${deed}/once-${number}`;
      const url = await prepare(name);
      let left = pass;
      plans.set(name, () => (left-- === 0 ? fault : undefined));
      await git(one, ...words(url));
      plans.delete(name);
      assert.ok(left < 0, `${name}: the fault met nothing`);
      assert.equal(await judge(worker, name, "left out"), done(), `call ${pass}: ${JSON.stringify(fault)}`);
    });
  });

  test(`a ${deed} that R2 stops at any call is not half done, and goes through later`, async () => {
    const count = await calls(deed, `${deed}/all`);
    await each(meetings(count, EVER), 12, async (number, [pass, fault]) => {
      const name = `${deed}/ever-${number}`;
      const url = await prepare(name);
      let left = pass;
      plans.set(name, () => (left-- > 0 ? undefined : fault));
      const isAcknowledged = await git(one, ...words(url)).then(() => true, () => false);
      plans.delete(name);
      const refs = await judge(worker, name, "left out");
      // Of an answer that was lost for good nobody can say whether it was yes.
      const isUnsure = fault.lose || !isLastTheRef;
      if (isAcknowledged) assert.equal(refs, done(), name);
      else if (!isUnsure || refs !== done()) assert.equal(refs, BEFORE(), `call ${pass}: ${JSON.stringify(fault)}`);
      await git(one, ...words(url)).catch((error) => assert.match(error.message, /does not exist|unable to delete/));
      assert.equal(await judge(worker, name, "left out"), done(), name);
    });
  });
}

test("who moves a ref at the worst moment wins, and the push that lost changes nothing", async () => {
  const name = "push/late";
  const url = await prepare(name);
  const other = await work(worker, "other", 1);
  await git(other, "push", "--quiet", url, "main:refs/heads/other");
  const theirs = await git(other, "rev-parse", "main");
  let met = 0;
  plans.set(name, async ({ method, key }) => {
    if (method === "put" && key.endsWith("refs/heads/main") && met++ === 0) await worker.bucket.put(key, `${theirs}\n`);
  });
  await assert.rejects(git(one, ...DEEDS.push.words(url)), /rejected|failed to update|fetch first/);
  plans.delete(name);
  assert.equal(met, 1);
  assert.match(await judge(worker, name), new RegExp(`^${theirs} refs/heads/main\n`));
});

test("a clone is whole although each value's bytes are torn off once", async () => {
  const name = "clone/torn";
  const url = await prepare(name);
  const torn = new Set();
  plans.set(name, ({ method, key }) => {
    if (method !== "get" || torn.has(key)) return undefined;
    torn.add(key);
    return { tear: LOST };
  });
  await git(worker.directory, "clone", "--quiet", url, "torn");
  plans.delete(name);
  assert.ok(torn.size >= 4, `${torn.size} values`);
  await git(join(worker.directory, "torn"), "fsck", "--full", "--strict");
});

test("a large push goes through whichever part of its upload fails once", async () => {
  const large = await work(worker, "large", 1);
  await change(large, "noise", randomBytes(18 * 1024 * 1024));
  const uploading = /Multipart|uploadPart|complete/;
  await each(meetings(5, [{ lose: LOST }, { refuse: UNAVAILABLE }]), 4, async (number, [pass, fault]) => {
    const name = `large/${number}`;
    await create(worker, name);
    let left = pass;
    plans.set(name, ({ method }) => (uploading.test(method) && left-- === 0 ? fault : undefined));
    await git(large, "push", "--quiet", remote(worker, name, secret), "main");
    plans.delete(name);
    assert.ok(left < 0, `${name}: the fault met nothing`);
    assert.equal(await judge(worker, name), `${await git(large, "rev-parse", "main")} refs/heads/main`);
  });
});

describe("calls to R2", () => {
  test("at most six are under way at once, and six where there is enough to do, slow as R2 may be", async (t) => {
    let most = 0;
    const slow = await startBetween(t, async ({ underWay }) => {
      most = Math.max(most, underWay);
      await new Promise((resolve) => setTimeout(resolve, 20));
    });
    await create(slow, "many");
    const many = await work(slow, "many", 1);
    const refs = Array.from({ length: 60 }, (_, number) => `main:refs/heads/branch${number}`);
    const url = remote(slow, "many", secret);
    await git(many, "push", "--quiet", url, "main", ...refs);
    assert.equal(most, 6);
    most = 0;
    await git(slow.directory, "clone", "--quiet", url, "clone");
    assert.equal(most, 6);
    assert.equal((await judge(slow, "many")).split("\n").length, 61);
  });
});
