// The preview in Chromium over a repository of another origin, for the tests that click through it.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { after, before } from "node:test";
import { Disk, Trunks } from "@layerbrain/trunks";
import { openPage, startChromium } from "./chromium.mjs";
import { scratch } from "./scratch.mjs";
import { serveFiles } from "./static-server.mjs";

let browser;

/** Has one browser for the tests of a file. */
export function withBrowser() {
  before(async () => { browser = await startChromium(); });
  after(() => browser.close());
}

const preview = new URL("../dist/preview/", import.meta.url).pathname;
/** Where screenshots go, if somebody wants to look at them. */
const shots = process.env.TRUNKS_SCREENSHOTS;

export const author = { name: "Ada Lovelace", email: "ada@example.com", time_s: 1_700_000_000, zone_minutes: 60 };
export const PIXEL = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");
const README = `# Hello

![a dot](img/dot.png) [the source](src/main.rs) [out](https://example.com/)

<script>window.broken = true</script><img src="x" onerror="window.broken = true">
<img src="https://example.com/tracker.png"><a href="javascript:window.broken=true">bad</a>

| a | b |
|---|---|
| 1 | 2 |
`;

/** A small repository with something of each view. */
export async function repository(root) {
  const trunks = new Trunks({ store: new Disk(root), repo: "team/app", author });
  await trunks.repos.create({ name: "team/app", static: true });
  const first = await trunks.commits.create({
    message: "Begin\n\nWith a body.",
    changes: [
      { write: "README.md", content: README },
      { write: "src/main.rs", content: "//! Says hello.\n\nfn main() {\n    println!(\"hello\");\n}\n" },
      { write: "src/<b>odd.txt", content: "<i>odd</i>\n" },
      { write: "img/dot.png", content: PIXEL },
      { write: "data.bin", content: Uint8Array.of(0, 1, 2) },
    ],
  });
  const second = await trunks.commits.create({
    message: "Say it twice",
    changes: [{ write: "src/main.rs", content: "//! Says hello.\n\nfn main() {\n    println!(\"hello, twice\");\n    println!(\"hello\");\n}\n" }],
  });
  await trunks.branches.create({ name: "next", from: first.id });
  await trunks.tags.create({ name: "v1", on: first.id });
  return { trunks, first, second };
}

/** The preview over a repository of another origin. */
export async function opened(t, { options = {}, server: serving = {}, make = repository } = {}) {
  const root = scratch(t);
  const made = await make(root);
  const pages = await serveFiles(t, preview);
  const data = await serveFiles(t, root, serving);
  const { page, problems } = await openPage(t, browser, options);
  const requests = [];
  page.on("request", (request) => requests.push(request.url()));
  const go = async (words = "", repo = data.url("trunks/team/app.trunk")) => {
    await page.goto(`${pages.url("index.html")}?repo=${encodeURIComponent(repo)}${words}`);
    await settled(page);
  };
  const shoot = async (name) => {
    if (!shots) return;
    mkdirSync(shots, { recursive: true });
    await page.screenshot({ path: `${shots}/${name}.png`, fullPage: true });
  };
  /** Demands that nothing of the repository ran, and that nobody else was asked for anything. */
  const staysInert = async () => {
    assert.deepEqual(problems, []);
    assert.equal(await page.evaluate(() => window.broken), undefined);
    const own = [pages, data].map((host) => new URL(host.url("")).origin);
    assert.deepEqual(requests.filter((url) => !/^(blob|data):/.test(url) && !own.includes(new URL(url).origin)), []);
  };
  return { ...made, root, data, pages, page, problems, requests, go, shoot, staysInert };
}

/** Waits until the place is shown. */
export const settled = (page) =>
  page.waitForFunction(() => !document.querySelector("main").hasAttribute("aria-busy") && document.querySelector("main").hasChildNodes());
