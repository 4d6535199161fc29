// Clients other than git clone, commit and push.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { promises as fs } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import isomorphic from "isomorphic-git";
import http from "isomorphic-git/http/node";
import { change, create, git, judge, place, remote, start, token, work } from "./worker.mjs";

const NAME = "team/app";
const run = promisify(execFile);

/** Has a client clone what git has pushed, and git fetch what the client has pushed. */
async function travel(t, client) {
  const worker = await start(t);
  await create(worker, NAME);
  const secret = token(NAME, "write");
  const one = await work(worker, "one", 30);
  const url = remote(worker, NAME, secret);
  await git(one, "push", "--quiet", url, "main");
  const directory = await place(worker, "client");
  const id = await client(remote(worker, NAME), secret, directory);
  await git(one, "pull", "--quiet", "--ff-only", url, "main");
  assert.equal(await git(one, "rev-parse", "HEAD"), id);
  assert.equal(await git(one, "rev-list", "--count", "HEAD"), "31");
  // And it fetches what came later.
  await change(one, "later", "later\n");
  await git(one, "push", "--quiet", url, "main");
  assert.equal(await judge(worker, NAME), `${await git(one, "rev-parse", "main")} refs/heads/main`);
}

for (const client of ["dulwich", "pygit2"]) {
  test(`${client} clones and pushes`, async (t) => {
    const program = fileURLToPath(new URL("clients.py", import.meta.url));
    await travel(t, async (url, secret, directory) => {
      const python = process.env.TRUNKS_TEST_PYTHON;
      assert.ok(python, "TRUNKS_TEST_PYTHON must name a Python that has workers/test/requirements.txt");
      const { stdout } = await run(python, [program, client, url, secret, directory]);
      return stdout.trim().split("\n").at(-1);
    });
  });
}

test("isomorphic-git clones and pushes", async (t) => {
  await travel(t, async (url, secret, dir) => {
    const onAuth = () => ({ username: "git", password: secret });
    const author = { name: "A U Thor", email: "author@example.com" };
    await isomorphic.clone({ fs, http, dir, url, onAuth });
    await fs.writeFile(join(dir, "isomorphic"), "by isomorphic-git\n");
    await isomorphic.add({ fs, dir, filepath: "isomorphic" });
    const id = await isomorphic.commit({ fs, dir, author, message: "by isomorphic-git" });
    const pushed = await isomorphic.push({ fs, http, dir, url, onAuth, ref: "main" });
    assert.ok(pushed.ok, JSON.stringify(pushed));
    return id;
  });
});
