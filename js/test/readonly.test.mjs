// The stores that are only read: what somebody else wrote there is read as from any other store, and whatever
// would write is refused.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Disk, Https, Trunks } from "@layerbrain/trunks";
import { openPage, startChromium } from "./chromium.mjs";
import { behaviours } from "./conformance.mjs";
import { scratch } from "./scratch.mjs";
import { serveFiles } from "./static-server.mjs";

const js = new URL("..", import.meta.url).pathname;
const BELOW = "trunks/app.trunk/objects/";

let browser;
before(async () => { browser = await startChromium(); });
after(() => browser.close());

/** The store of a static host, and what is written to the host's files by another way. */
async function served(t) {
  const writer = new Disk(scratch(t));
  await new Trunks({ store: writer }).repos.create({ name: "app", static: true });
  const server = await serveFiles(t, writer.root);
  const store = new Https({ url: server.url("trunks/app.trunk"), maxAgeMs: 0 });
  return { writer, store, server };
}

/** The keys of a behaviour lie where the trunk has its objects. Each write tells the version that is read. */
function writtenBeside(writer, store) {
  return {
    get: (key, range) => store.get(BELOW + key, range),
    put: async (key, bytes, expected) => {
      await writer.put(BELOW + key, bytes, expected);
      return (await store.get(BELOW + key)).version;
    },
  };
}

/** Of a race, it is that nobody has won. */
const REFUSED = /denied|read over HTTPS|only read|nobody won/;

function refusal(error) {
  assert.match(`${error.code} ${error.message}`, REFUSED);
  return true;
}

for (const [name, run] of behaviours) {
  if (name.startsWith("read::")) {
    test(`https: ${name}`, async (t) => {
      const { writer, store } = await served(t);
      await run(writtenBeside(writer, store));
    });
  }

  test(`https, refused: ${name}`, async (t) => {
    const { store, server } = await served(t);
    await assert.rejects(run(store), refusal);
    assert.deepEqual(server.requests.filter(({ method }) => method !== "GET" && method !== "HEAD"), []);
  });
}

/** A page that has the package, the behaviours, and folders that are written to past the store. */
async function opened(t) {
  const server = await serveFiles(t, js);
  const { page, problems } = await openPage(t, browser);
  await page.goto(server.url("test/browser/conformance.html"));
  await page.waitForFunction(() => window.behaviours);
  await page.evaluate(() => {
    window.folder = async () =>
      (await navigator.storage.getDirectory()).getDirectoryHandle(crypto.randomUUID(), { create: true });
    const parent = async (root, key, options) => {
      const segments = key.split("/");
      let directory = root;
      for (const segment of segments.slice(0, -1)) directory = await directory.getDirectoryHandle(segment, options);
      return [directory, segments.at(-1)];
    };
    const fileOf = async (root, key) => {
      try {
        const [directory, name] = await parent(root, key, { create: true });
        return await directory.getFileHandle(name, { create: true });
      } catch (error) {
        // As of every file system, a file is no directory at the same time.
        throw Object.assign(new Error(error.message), { code: "failed" });
      }
    };
    window.writtenBeside = (root, store) => ({
      get: (key, range) => store.get(key, range),
      list: (prefix, after, limit) => store.list(prefix, after, limit),
      put: async (key, bytes) => {
        const file = await fileOf(root, key);
        const writable = await file.createWritable();
        await writable.write(bytes);
        await writable.close();
        return (await store.get(key)).version;
      },
      delete: async (key) => {
        // The directories on the way too, until one is not empty.
        for (let path = key; path !== ""; path = path.replace(/\/?[^/]*$/, "")) {
          const [directory, name] = await parent(root, path);
          const isGone = await directory.removeEntry(name).then(() => true, () => false);
          if (!isGone) return;
        }
      },
    });
  });
  return { page, problems };
}

for (const [name] of behaviours) {
  if (/^(read|list)::/.test(name)) {
    test(`folder: ${name}`, async (t) => {
      const { page, problems } = await opened(t);
      await page.evaluate(async (name) => {
        const root = await window.folder();
        await window.behaviours.get(name)(window.writtenBeside(root, new window.trunks.Folder(root)));
      }, name);
      assert.deepEqual(problems, []);
    });
  }
}

test("folder, refused: whatever would write", async (t) => {
  const { page } = await opened(t);
  for (const [name] of behaviours) {
    const { refused, left } = await page.evaluate(async (name) => {
      const root = await window.folder();
      const run = window.behaviours.get(name);
      const refused = await run(new window.trunks.Folder(root)).then(() => "", (error) => `${error.code} ${error.message}`);
      const left = [];
      for await (const [entry] of root.entries()) left.push(entry);
      return { refused, left };
    }, name);
    assert.match(refused, REFUSED, name);
    assert.deepEqual(left, [], name);
  }
});
