// Every example of the docs runs, in order, and prints what it should.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { openPage, startChromium } from "./chromium.mjs";
import { fsck, git, scratch } from "./scratch.mjs";
import { serveFiles } from "./static-server.mjs";

/** The examples of a page. */
function examples(page) {
  const text = readFileSync(new URL(`../../docs/${page}`, import.meta.url), "utf8");
  const found = [...text.matchAll(/^```js\n([^]*?)^```$/gm)].map(([, code]) => code);
  assert.ok(found.length > 0, `${page} has no examples`);
  return found;
}

/** The examples of a page as one program in `directory`. */
function program(page, directory) {
  const entry = JSON.stringify(import.meta.resolve("@layerbrain/trunks"));
  const file = `${directory}/${basename(page)}.mjs`;
  writeFileSync(file, examples(page).join("\n").replaceAll('"@layerbrain/trunks"', entry));
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
    "renamed lib/main.js src/main.js",
    "added lib/run.sh null",
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

test("js/README.md", async (t) => {
  const directory = scratch(t);
  assert.equal(await run(directory, program("../js/README.md", directory)), "# Hello\n\n");
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
  const host = await serveFiles(t, directory);
  const pages = await serveFiles(t, new URL("..", import.meta.url).pathname);
  const browser = await startChromium();
  t.after(() => browser.close());
  const { page, problems } = await openPage(t, browser);
  const printed = [];
  page.on("console", (message) => printed.push(message.text()));
  await page.goto(pages.url("test/browser/conformance.html"));
  const code = examples("browser.md").join("\n").replace("https://example.com/", host.url(""));
  await page.addScriptTag({ type: "module", content: `${code}\nwindow.isOver = true;` });
  await page.waitForFunction(() => window.isOver).catch(() => {});
  assert.deepEqual([printed, problems], [["# Hello\n", "Write today.md\n"], []]);
});
