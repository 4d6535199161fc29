// Clients other than git clone, commit, push and fetch.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { promises as fs } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import isomorphic from "isomorphic-git";
import http from "isomorphic-git/http/node";
import { AUTHOR, change, create, git, judge, place, remote, start, token, work } from "./worker.mjs";

const NAME = "team/app";
const run = promisify(execFile);

/** Has a client clone what git has pushed, git fetch what the client has pushed, and the client what came then. */
async function travel(t, client) {
  const worker = await start(t);
  await create(worker, NAME);
  const secret = token(NAME, "write");
  const one = await work(worker, "one", 30);
  const url = remote(worker, NAME, secret);
  await git(one, "push", "--quiet", url, "main");
  const directory = await place(worker, "client");
  const id = await client.push(remote(worker, NAME), secret, directory);
  await git(one, "pull", "--quiet", "--ff-only", url, "main");
  assert.equal(await git(one, "rev-parse", "HEAD"), id);
  assert.equal(await git(one, "rev-list", "--count", "HEAD"), "31");
  await change(one, "later", "later\n");
  await git(one, "push", "--quiet", url, "main");
  const later = await git(one, "rev-parse", "main");
  assert.equal(await client.fetch(remote(worker, NAME), secret, directory), later);
  assert.equal(await git(directory, "cat-file", "-p", `${later}:later`), "later");
  await git(directory, "fsck", "--full", "--strict");
  assert.equal(await judge(worker, NAME), `${later} refs/heads/main`);
}

for (const client of ["dulwich", "pygit2"]) {
  test(`${client} clones, pushes and fetches`, async (t) => {
    const program = fileURLToPath(new URL("clients.py", import.meta.url));
    const python = process.env.TRUNKS_TEST_PYTHON;
    assert.ok(python, "TRUNKS_TEST_PYTHON must name a Python that has workers/test/requirements.txt");
    const step = (name) => async (url, secret, directory) => {
      const { stdout } = await run(python, [program, name, client, url, secret, directory]);
      return stdout.trim().split("\n").at(-1);
    };
    await travel(t, { push: step("push"), fetch: step("fetch") });
  });
}

test("isomorphic-git clones, pushes and fetches", async (t) => {
  const signIn = (secret) => () => ({ username: "git", password: secret });
  await travel(t, {
    async push(url, secret, dir) {
      const onAuth = signIn(secret);
      await isomorphic.clone({ fs, http, dir, url, onAuth });
      await fs.writeFile(join(dir, "isomorphic"), "by isomorphic-git\n");
      await isomorphic.add({ fs, dir, filepath: "isomorphic" });
      const id = await isomorphic.commit({ fs, dir, author: AUTHOR, message: "by isomorphic-git" });
      const pushed = await isomorphic.push({ fs, http, dir, url, onAuth, ref: "main" });
      assert.ok(pushed.ok, JSON.stringify(pushed));
      return id;
    },
    async fetch(url, secret, dir) {
      const fetched = await isomorphic.fetch({ fs, http, dir, url, onAuth: signIn(secret) });
      return fetched.fetchHead;
    },
  });
});

// What of JGit and of what it stands on the system's packages put into a directory. Its own command does not
// find all of it.
const JAVA = "/usr/share/java";
const JARS = [
  "args4j", "commons-logging", "httpclient", "httpcore", "javaewah", "org.eclipse.jgit", "org.eclipse.jgit.http.apache",
  "org.eclipse.jgit.lfs", "org.eclipse.jgit.pgm", "org.eclipse.jgit.ui", "slf4j-api", "slf4j-nop",
];

test("JGit clones, pushes and fetches", async (t) => {
  const jgit = async (home, directory, ...words) => {
    const path = JARS.map((name) => join(JAVA, `${name}.jar`)).join(":");
    const java = [`-Duser.home=${home}`, "-Djava.awt.headless=true", "-cp", path, "org.eclipse.jgit.pgm.Main"];
    await run("java", [...java, ...words], { cwd: directory });
  };
  // Without a terminal it takes a token from here alone.
  const home = async (secret, directory) => {
    const place = `${directory}-home`;
    await fs.mkdir(place, { recursive: true });
    await fs.writeFile(join(place, ".netrc"), `machine 127.0.0.1 login git password ${secret}\n`);
    await fs.writeFile(join(place, ".gitconfig"), `[user]\n\tname = ${AUTHOR.name}\n\temail = ${AUTHOR.email}\n`);
    return place;
  };
  await travel(t, {
    async push(url, secret, directory) {
      const place = await home(secret, directory);
      await jgit(place, place, "clone", url, directory);
      await fs.writeFile(join(directory, "jgit"), "by JGit\n");
      await jgit(place, directory, "add", "jgit");
      await jgit(place, directory, "commit", "-m", "by JGit");
      await jgit(place, directory, "push", "origin", "HEAD:refs/heads/main");
      return git(directory, "rev-parse", "HEAD");
    },
    async fetch(_url, secret, directory) {
      await jgit(await home(secret, directory), directory, "fetch", "origin");
      return git(directory, "rev-parse", "refs/remotes/origin/main");
    },
  });
});
