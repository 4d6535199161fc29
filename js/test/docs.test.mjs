// Every example of the docs runs, in order, and prints what it should.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { promisify } from "node:util";
import { fsck, git, scratch } from "./scratch.mjs";
import { serveFiles } from "./static-server.mjs";

/** The examples of a page as one program in `directory`. */
function program(page, directory, replace = (text) => text) {
  const text = readFileSync(new URL(`../../docs/${page}`, import.meta.url), "utf8");
  const examples = [...text.matchAll(/^```js\n([^]*?)^```$/gm)].map(([, code]) => code);
  assert.ok(examples.length > 0, `${page} has no examples`);
  const entry = import.meta.resolve("@layerbrain/trunks");
  const file = `${directory}/${page}.mjs`;
  writeFileSync(file, replace(examples.join("\n").replaceAll('"@layerbrain/trunks"', JSON.stringify(entry))));
  return file;
}

const run = async (directory, file) =>
  (await promisify(execFile)("node", [file], { cwd: directory })).stdout;

test("docs/node.md", async (t) => {
  const directory = scratch(t);
  const printed = await run(directory, program("node.md", directory));
  assert.equal(printed, [
    "# Hello\n 8",
    "2 agent/run-7 false",
    "Move the sources Ada",
    "removed README.md null",
    "added lib/run.sh null",
    "renamed lib/main.js src/main.js",
    "added logo.png null",
    "-# Hello\n",
    "console",
    "directory 040000 lib",
    "file 100644 lib/main.js",
    "file 100755 lib/run.sh",
    "file 100644 logo.png",
    "not-found",
    "",
  ].join("\n"));
  fsck(`${directory}/store/trunks/team/app.trunk`);
});

test("docs/browser.md", async (t) => {
  const directory = scratch(t);
  git(directory, "init", "--quiet", "--bare", "--initial-branch=main", "trunks/team/app.trunk");
  git(directory, "clone", "--quiet", "trunks/team/app.trunk", "work");
  writeFileSync(`${directory}/work/README.md`, "# Hello\n");
  git(`${directory}/work`, "add", ".");
  git(`${directory}/work`, "commit", "--quiet", "--message", "Begin");
  git(`${directory}/work`, "push", "--quiet", "origin", "HEAD:main");
  git(`${directory}/trunks/team/app.trunk`, "update-server-info");
  const server = await serveFiles(t, directory);
  const file = program("browser.md", directory, (text) => text.replace("https://example.com/", server.url("")));
  assert.equal(await run(directory, file), "# Hello\n\n");
});
