// The resource API in workerd, beside git.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { test } from "node:test";
import { change, git, remote, start, token } from "./worker.mjs";

test("what the API writes git reads, and the other way round", async (t) => {
  const worker = await start(t);
  const secret = token("team/*", "write");
  const call = async (method, path, body, headers = {}) => {
    const response = await fetch(new URL(`/v1/${path}`, worker.url), {
      method,
      headers: { authorization: `Bearer ${secret}`, ...headers },
      body: body && JSON.stringify(body),
    });
    return response;
  };
  const json = async (...words) => (await call(...words)).json();

  const made = await json("POST", "repos", { name: "team/app" });
  assert.deepEqual(made, {
    object: "repo", name: "team/app", head: "refs/heads/main", public: false, branches: 0, tags: 0, refs: 0,
  });
  assert.equal((await call("POST", "repos", { name: "other" })).status, 404);
  const commit = await json("POST", "repos/team%2Fapp/commits", {
    branch: "main",
    message: "by the API\n",
    author: { name: "Agent 7", email: "seven@example.com" },
    files: [{ path: "docs/task.md", text: "Fix auth\n" }],
  });
  assert.equal(commit.object, "commit");

  const url = remote(worker, "team/app", secret);
  await git(worker.directory, "clone", "--quiet", url, "one");
  const one = join(worker.directory, "one");
  assert.equal(await git(one, "rev-parse", "HEAD"), commit.id);
  assert.equal(await git(one, "show", "HEAD:docs/task.md"), "Fix auth");
  await git(one, "fsck", "--full", "--strict");
  const large = randomBytes(9_000_000);
  await change(one, "large file", large);
  await git(one, "push", "--quiet", url, "main");

  const list = await json("GET", "repos/team%2Fapp/commits?limit=1");
  assert.deepEqual([list.data.length, list.has_more], [1, true]);
  assert.equal(list.data[0].id, await git(one, "rev-parse", "HEAD"));
  const file = await call("GET", "repos/team%2Fapp/files/large%20file?ref=main");
  assert.equal(file.status, 200);
  const tag = file.headers.get("etag");
  assert.equal(tag, `"${await git(one, "rev-parse", "HEAD:large file")}"`);
  assert.ok(large.equals(Buffer.from(await file.arrayBuffer())));
  const part = await call("GET", "repos/team%2Fapp/files/large%20file", undefined, { range: "bytes=8000000-8000009" });
  assert.deepEqual([part.status, part.headers.get("content-range")], [206, "bytes 8000000-8000009/9000000"]);
  assert.ok(large.subarray(8_000_000, 8_000_010).equals(Buffer.from(await part.arrayBuffer())));
  const known = await call("GET", "repos/team%2Fapp/files/large%20file", undefined, { "if-none-match": tag });
  assert.deepEqual([known.status, await known.text()], [304, ""]);

  const preflight = await fetch(new URL("/v1/repos", worker.url), { method: "OPTIONS" });
  assert.equal(preflight.status, 204);
  assert.equal(preflight.headers.get("access-control-allow-origin"), "*");
  const description = await json("GET", "openapi.json");
  assert.equal(description.openapi, "3.1.0");
  const gone = await json("DELETE", "repos/team%2Fapp");
  assert.equal(gone.deleted, true);
  assert.deepEqual((await worker.bucket.list()).objects, []);
});
