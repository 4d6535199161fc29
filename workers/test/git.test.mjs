// Stock git clones, fetches and pushes.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { test } from "node:test";
import { change, create, git, judge, place, remote, start, token, work } from "./worker.mjs";

const NAME = "team/app";

for (const version of ["0", "1", "2"]) {
  test(`git pushes, clones and fetches, version ${version}`, async (t) => {
    const worker = await start(t);
    await create(worker, NAME);
    const url = remote(worker, NAME, token(NAME, "write"));
    const speak = (directory, ...words) =>
      git(directory, "-c", `protocol.version=${version}`, ...words);

    const one = await work(worker, "one", 5);
    await speak(one, "push", "--quiet", url, "main", "main~2:refs/heads/old", "main~3:refs/tags/v1");
    const main = await git(one, "rev-parse", "main");
    const all = await worker.directory;
    await speak(all, "clone", "--quiet", url, "two");
    const two = join(all, "two");
    assert.equal(await git(two, "rev-parse", "HEAD"), main);

    await change(one, "more", "more\n");
    await git(one, "tag", "-a", "-m", "two", "v2");
    await speak(one, "push", "--quiet", url, "main", "v2");
    await speak(two, "fetch", "--quiet");
    assert.equal(await git(two, "rev-parse", "origin/main"), await git(one, "rev-parse", "main"));
    assert.equal(await git(two, "rev-parse", "v2"), await git(one, "rev-parse", "v2"));

    await speak(all, "clone", "--quiet", "--depth=2", url, "shallow");
    const shallow = join(all, "shallow");
    assert.equal(await git(shallow, "rev-list", "--count", "HEAD"), "2");
    await speak(shallow, "fetch", "--quiet", "--unshallow");
    assert.equal(await git(shallow, "rev-list", "--count", "HEAD"), "6");

    await speak(all, "clone", "--quiet", "--filter=blob:none", "--no-checkout", url, "partial");
    const partial = join(all, "partial");
    const missing = await git(partial, "rev-list", "--objects", "--all", "--missing=print");
    assert.equal(missing.split("\n").filter((line) => line.startsWith("?")).length, 6);
    await speak(partial, "checkout", "--quiet", "main");

    await git(one, "reset", "--quiet", "--hard", "main~1");
    await change(one, "other", "other\n");
    await assert.rejects(speak(one, "push", "--quiet", url, "main"), /non-fast-forward|fetch first/);
    await speak(one, "push", "--quiet", "--force", url, "main");
    await speak(one, "push", "--quiet", "--delete", url, "old");
    const [forced, v1, v2] = await Promise.all(
      ["main", "main~4", "v2"].map((name) => git(one, "rev-parse", name)),
    );
    assert.equal(
      await judge(worker, NAME),
      `${forced} refs/heads/main\n${v1} refs/tags/v1\n${v2} refs/tags/v2`,
    );
    await speak(one, "push", "--quiet", url, `${v1}:refs/heads/old`);
    assert.match(await speak(one, "ls-remote", url), new RegExp(`${v1}\trefs/heads/old`));
  });
}

test("twenty clients push at once and nothing that was acknowledged is lost", async (t) => {
  const worker = await start(t);
  await create(worker, NAME);
  const url = remote(worker, NAME, token("team/*", "write"));
  const first = await work(worker, "first", 1);
  await git(first, "push", "--quiet", url, "main");
  const clients = await Promise.all(
    Array.from({ length: 20 }, async (_, number) => {
      await git(worker.directory, "clone", "--quiet", url, `client${number}`);
      return join(worker.directory, `client${number}`);
    }),
  );
  const acknowledged = await Promise.all(
    clients.map(async (client, number) => {
      await change(client, `from${number}`, `${number}\n`);
      await git(client, "push", "--quiet", url, `HEAD:refs/heads/own${number}`);
      for (let tries = 0; tries < 100; tries++) {
        try {
          await git(client, "push", "--quiet", url, "HEAD:main");
          return git(client, "rev-parse", "HEAD");
        } catch {
          await git(client, "pull", "--quiet", "--rebase", url, "main");
        }
      }
      throw new Error(`client ${number} never got through`);
    }),
  );
  const refs = await judge(worker, NAME);
  assert.equal(refs.split("\n").length, 21);
  const last = await place(worker, "last");
  await git(last, "clone", "--quiet", url, ".");
  for (const commit of acknowledged) {
    await git(last, "merge-base", "--is-ancestor", commit, "HEAD");
  }
  assert.equal(await git(last, "rev-list", "--count", "HEAD"), "21");
});

test("a file of 40 MiB goes both ways", async (t) => {
  const worker = await start(t);
  await create(worker, NAME);
  const url = remote(worker, NAME, token(NAME, "write"));
  const one = await work(worker, "one", 1);
  await change(one, "large", randomBytes(40 * 1024 * 1024));
  await git(one, "push", "--quiet", url, "main");
  await git(worker.directory, "clone", "--quiet", url, "two");
  const two = join(worker.directory, "two");
  assert.equal(await git(two, "rev-parse", "HEAD"), await git(one, "rev-parse", "main"));
  await judge(worker, NAME);
});
