// `new Trunks()` in a git repository that the command has set up, and stores by their URLs.

import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { Disk, Trunks } from "@layerbrain/trunks";
import { scratch } from "./scratch.mjs";

const author = { name: "Ada", email: "ada@example.com" };

/** Settings as `trunks storage add` writes them. */
function settle(directory, repo, storages) {
  mkdirSync(`${directory}/.trunks/team`, { recursive: true });
  writeFileSync(`${directory}/.trunks/${repo}.trunk`, JSON.stringify({ version: 1, repo, storages, git_keys: [] }));
}

const fails = (make, code, message) =>
  assert.throws(make, (error) => {
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    return true;
  });

test("the storage that git pushes to is found from below", async (t) => {
  const directory = scratch(t);
  mkdirSync(`${directory}/store/here`, { recursive: true });
  settle(directory, "team/app", [{ name: "primary", url: `local://${directory}/store/here` }]);
  mkdirSync(`${directory}/src/deep`, { recursive: true });
  const trunks = new Trunks({ cwd: `${directory}/src/deep`, author });
  await trunks.repos.create({ name: "team/app" });
  await trunks.files.write({ path: "a", content: "a" });
  const same = new Trunks({ store: new Disk(`${directory}/store/here`), repo: "team/app" });
  assert.equal((await same.files.read({ path: "a" })).text(), "a");
  const byUrl = new Trunks({ url: `local://${directory}/store/here`, repo: "team/app" });
  assert.equal((await byUrl.branches.list()).total_count, 1);
});

test("what is missing, double or not for here is said", (t) => {
  const directory = scratch(t);
  fails(() => new Trunks({ cwd: directory }), "not-found", /trunks init/);
  settle(directory, "app", []);
  fails(() => new Trunks({ cwd: directory }), "not-found", /storage add/);
  const disk = { name: "primary", url: `local://${directory}/store` };
  settle(directory, "app", [disk, { name: "far", url: "s3://bucket", mirror: true }]);
  fails(() => new Trunks({ cwd: directory }), "refused", /mirrors/);
  settle(directory, "app", [disk]);
  settle(directory, "other", [disk]);
  fails(() => new Trunks({ cwd: directory }), "invalid", /app, other/);
  assert.ok(new Trunks({ cwd: directory, repo: "other" }));
  settle(directory, "other", [{ name: "primary", url: "sftp://host/dir" }]);
  fails(() => new Trunks({ cwd: directory, repo: "other" }), "invalid", /sftp/);
  writeFileSync(`${directory}/.trunks/app.trunk`, "{ secret");
  fails(() => new Trunks({ cwd: directory }), "failed", /settings$/);
  settle(directory, "app", [{
    name: "primary", url: "s3://bucket/below",
    options: { access_key: "key", secret_key: "secret", endpoint: "http://127.0.0.1:1" },
  }]);
  assert.ok(new Trunks({ cwd: directory, repo: "app" }));
});
