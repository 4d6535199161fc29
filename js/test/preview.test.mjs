// The preview in Chromium: a repository on a static host, clicked through.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { Disk, Trunks } from "@layerbrain/trunks";
import { author, opened, withBrowser } from "./preview.mjs";
import { git } from "./scratch.mjs";
import { serveFiles } from "./static-server.mjs";

withBrowser();

test("tree, file, history and difference are clicked through", async (t) => {
  const { page, go, shoot, second, staysInert } = await opened(t);
  await go();
  assert.deepEqual(await page.locator(".entries .item").allTextContents(), ["img", "src", "README.md", "data.bin"]);
  await page.locator(".markdown img[alt='a dot'][src^=blob]").waitFor();
  await shoot("tree");
  await page.click("text=src");
  await page.click("text=main.rs");
  await page.locator(".source").waitFor();
  assert.match(await page.locator(".source code").textContent(), /println!\("hello, twice"\)/);
  assert.ok(await page.locator(".hljs-keyword").count() > 0, "it is coloured");
  assert.match(page.url(), /path=src\/main\.rs/);
  await shoot("file");
  await page.click("nav >> text=History");
  await page.locator(".commits").waitFor();
  assert.deepEqual(await page.locator(".commits .item").allTextContents(), ["Say it twice", "Begin"]);
  await shoot("history");
  await page.click("text=Say it twice");
  await page.locator(".diff table").waitFor();
  assert.match(page.url(), new RegExp(second.id));
  const rows = await page.locator(".diff tr:has(.new)").evaluateAll((rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent)));
  assert.deepEqual(rows, [["", "", "4", '    println!("hello, twice");']]);
  await shoot("diff");
  await page.goBack();
  await page.locator(".commits").waitFor();
  await staysInert();
});

test("links lead deep, to a branch, a path, a line and a commit", async (t) => {
  const { page, go, first, second, problems } = await opened(t);
  await go("&ref=v1&path=src/main.rs");
  assert.doesNotMatch(await page.locator(".source code").textContent(), /twice/);
  assert.equal(await page.locator("select").inputValue(), "v1");
  await go("&path=src/main.rs#L4");
  assert.equal(await page.locator(".numbers .marked").textContent(), "4");
  await page.click(".numbers >> text=2");
  await page.locator("#L2.marked").waitFor();
  assert.match(page.url(), /path=src\/main\.rs#L2$/);
  await go(`&ref=${first.id}&view=commit`);
  assert.deepEqual(await page.locator(".change summary b").allTextContents(), Array(5).fill("added"));
  assert.match(await page.locator(".commit").textContent(), /With a body/);
  await go("&view=log&path=src/main.rs&ref=next");
  assert.deepEqual(await page.locator(".commits .item").allTextContents(), ["Begin"]);
  await page.selectOption("select", "main");
  await page.locator("text=Say it twice").waitFor();
  await go(`&ref=${second.id}&path=src`);
  assert.deepEqual(await page.locator(".entries .item").allTextContents(), ["<b>odd.txt", "main.rs"]);
  await go("&path=img/dot.png");
  await page.locator(".picture[src^=blob]").waitFor();
  await go("&path=data.bin");
  assert.match(await page.locator("main").textContent(), /binary/);
  assert.deepEqual(problems, []);
});

test("keys move, open and go back up", async (t) => {
  const { page, go } = await opened(t);
  await go();
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "src");
  await page.keyboard.press("Enter");
  await page.locator("text=main.rs").waitFor();
  await page.keyboard.press("u");
  await page.locator("text=README.md >> nth=0").waitFor();
  await page.keyboard.press("h");
  await page.locator(".commits").waitFor();
  await page.keyboard.press("b");
  assert.equal(await page.evaluate(() => document.activeElement.tagName), "SELECT");
});

test("a phone is wide enough, and the dark is dark", async (t) => {
  const { page, go, shoot } = await opened(t, { options: { viewport: { width: 360, height: 740 }, colorScheme: "dark" } });
  for (const [name, words] of [["tree", ""], ["file", "&path=src/main.rs"], ["history", "&view=log"], ["diff", "&view=commit&ref=main"]]) {
    await go(words);
    const [width, room] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert.ok(width <= room, `${name}: ${width} of ${room}`);
    await shoot(`phone-${name}`);
  }
  const back = await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  assert.equal(back, "rgb(20, 23, 26)");
});

test("a folder of the reader's is opened, with what stock git left loose in it", async (t) => {
  const { page, pages, root, problems } = await opened(t);
  git(root, "init", "--quiet", "--initial-branch=main", "work");
  for (const name of ["packed", "loose"]) {
    writeFileSync(`${root}/work/${name}`, `${name}\n`);
    git(`${root}/work`, "add", ".");
    git(`${root}/work`, "commit", "--quiet", "-m", name);
    if (name === "packed") git(`${root}/work`, "gc", "--quiet");
  }
  const files = readdirSync(`${root}/work`, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath ?? entry.path}/${entry.name}`)
    .map((path) => [path.slice(`${root}/work/`.length), readFileSync(path, "base64")]);
  // The browser's own files stand in for the folder that a dialog would give.
  await page.goto(pages.url("index.html"));
  await page.evaluate(async (files) => {
    const top = await (await navigator.storage.getDirectory()).getDirectoryHandle("my work", { create: true });
    for (const [path, base64] of files) {
      let directory = top;
      const segments = path.split("/");
      for (const segment of segments.slice(0, -1)) directory = await directory.getDirectoryHandle(segment, { create: true });
      const writable = await (await directory.getFileHandle(segments.at(-1), { create: true })).createWritable();
      await writable.write(Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)));
      await writable.close();
    }
    window.showDirectoryPicker = async () => top;
  }, files);
  await page.click("text=Open a folder");
  await page.locator(".entries").waitFor();
  assert.deepEqual(await page.locator(".entries .item").allTextContents(), ["loose", "packed"]);
  await page.click(".entries >> text=loose");
  await page.locator(".source").waitFor();
  assert.equal(await page.locator(".source code").textContent(), "loose");
  assert.deepEqual(problems, []);
});

test("what is wrong with a URL is said clearly", async (t) => {
  const { page, go, data, root, shoot } = await opened(t);
  const problem = async (repo, kind) => {
    await go("", repo);
    assert.equal(await page.locator(".problem").getAttribute("data-problem"), kind, await page.locator("main").textContent());
    await shoot(`problem-${kind}`);
  };
  await problem(data.url("trunks/none.trunk"), "wrong-url");
  await problem("nonsense", "wrong-url");
  const noCors = await serveFiles(t, root, { hasCors: false });
  await problem(noCors.url("trunks/team/app.trunk"), "unreachable");
  const locked = await serveFiles(t, root, { answer: (_, reply) => reply.writeHead(403).end() });
  await problem(locked.url("trunks/team/app.trunk"), "private");
  git(root, "init", "--quiet", "--bare", "plain.git");
  await problem(data.url("plain.git"), "not-static");
  git(`${root}/trunks/team/app.trunk`, "repack", "-adq");
  git(`${root}/trunks/team/app.trunk`, "update-server-info");
  const directory = `${root}/trunks/team/app.trunk/objects/pack`;
  const file = `${directory}/${readdirSync(directory).find((name) => name.endsWith(".pack"))}`;
  rmSync(file);
  writeFileSync(file, randomBytes(4000));
  await problem(data.url("trunks/team/app.trunk"), "corrupt");
});

test("a file of a repository of 100 MB costs at most 8 requests and 1 MB beyond the file", async (t) => {
  const make = async (root) => {
    const trunks = new Trunks({ store: new Disk(root), repo: "team/app", author });
    await trunks.repos.create({ name: "team/app", static: true });
    const changes = Array.from({ length: 3000 }, (_, number) => ({ write: `src/${number % 50}/${number}.txt`, content: `${number}\n`.repeat(50) }));
    await trunks.commits.create({ message: "Many", changes });
    for (let large = 0; large < 5; large++) await trunks.files.write({ path: `large/${large}.bin`, content: randomBytes(20 << 20) });
    git(`${root}/trunks/team/app.trunk`, "repack", "-adq");
    git(`${root}/trunks/team/app.trunk`, "update-server-info");
    return { trunks };
  };
  const { data, go, page } = await opened(t, { make });
  await go("&path=src/7/1007.txt");
  assert.match(await page.locator(".source code").textContent(), /^(1007\n){49}1007$/);
  const bytes = data.requests.reduce((sum, request) => sum + request.bytes, 0);
  t.diagnostic(`${data.requests.length} requests, ${bytes} bytes`);
  assert.ok(data.requests.length <= 8, JSON.stringify(data.requests, null, 1));
  assert.ok(bytes <= 250 + 1_000_000, `${bytes} bytes`);
});
