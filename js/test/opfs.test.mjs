// The browser's own files, in Chromium: what every store must do, and a repository in them.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openPage, startChromium } from "./chromium.mjs";
import { behaviours } from "./conformance.mjs";
import { serveFiles } from "./static-server.mjs";

let browser;
before(async () => { browser = await startChromium(); });
after(() => browser.close());

const js = new URL("..", import.meta.url).pathname;

async function opened(t) {
  const server = await serveFiles(t, js);
  const { page, context, problems } = await openPage(t, browser);
  const url = server.url("test/browser/conformance.html");
  await page.goto(url);
  await page.waitForFunction(() => window.behaviours);
  return { page, context, problems, url };
}

for (const [name] of behaviours) {
  test(`opfs: ${name}`, async (t) => {
    const { page, problems } = await opened(t);
    await page.evaluate(async (name) => {
      const store = await window.trunks.Opfs.open(crypto.randomUUID());
      await window.behaviours.get(name)(store);
    }, name);
    assert.deepEqual(problems, []);
  });
}

test("two tabs commit to one branch, and nothing is lost", async (t) => {
  const { page, context, url } = await opened(t);
  const other = await context.newPage();
  await other.goto(url);
  await other.waitForFunction(() => window.behaviours);
  const commit = (page, tab) => page.evaluate(async (tab) => {
    const { Opfs, Trunks } = window.trunks;
    const author = { name: "Ada", email: "ada@example.com" };
    const trunks = new Trunks({ store: Opfs.open("shared"), repo: "app", author });
    await trunks.repos.create({ name: "app" }).catch((error) => error.code === "exists" || Promise.reject(error));
    for (let round = 0; round < 5; round++) await trunks.files.write({ path: `${tab}-${round}`, content: "x" });
    return (await trunks.files.list()).total_count;
  }, tab);
  const counts = await Promise.all([commit(page, "one"), commit(other, "other")]);
  assert.equal(Math.max(...counts), 10);
});
