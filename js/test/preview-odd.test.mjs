// The preview over what is odd or hostile in a repository that stock git made.

import assert from "node:assert/strict";
import { appendFileSync, chmodSync, mkdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { opened, PIXEL, settled, withBrowser } from "./preview.mjs";
import { git } from "./scratch.mjs";

withBrowser();

const BREAK = "window.broken = true";
const README = `# Odd

[more](#more-things) [up](../up.txt) [stray](100%.txt) [there](src/a.constructor#L2) [other](?repo=https://elsewhere.example/)

- [x] done
- [ ] to do

\`\`\`js
const a = "coloured";
\`\`\`

<script>${BREAK}</script><svg onload="${BREAK}"></svg><img src="x" onerror="${BREAK}">
<iframe srcdoc="<script>parent.broken = true</script>"></iframe><object data="img/bad.svg"></object>
<a href="javascript:${BREAK}">bad</a><a href="JaVa&#10;Script:${BREAK}">bad</a>
<form action="https://elsewhere.example/"><input name="password"><button>Send</button></form>
<style>main { display: none }</style><p style="position:fixed;inset:0">over all</p>
<img src="https://elsewhere.example/tracker.png"><meta http-equiv="refresh" content="0;url=https://elsewhere.example/">

## More things
`;
const SVG = `<svg xmlns="http://www.w3.org/2000/svg" width="90" height="50" onload="${BREAK}"><script>${BREAK};
  try { opener.broken = true } catch {}</script><rect width="90" height="50" fill="teal"/>
  <image href="https://elsewhere.example/tracker.png"/></svg>`;
const HOSTILE = `<img src=x onerror=${BREAK.replaceAll(" ", "")}>.txt`;
const SUBMODULE = "1234567890123456789012345678901234567890";
const LONG = `const a = "${"x".repeat(200_000)}";\nconst b = 2;\n`;

async function odd(root) {
  const work = `${root}/work`;
  git(root, "init", "--quiet", "--initial-branch=main", "work");
  const write = (path, content) => {
    mkdirSync(`${work}/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
    writeFileSync(`${work}/${path}`, content);
  };
  const commit = (message) => {
    git(work, "add", "--all");
    git(work, "update-index", "--add", "--cacheinfo", `160000,${SUBMODULE},vendor/lib`);
    git(work, "commit", "--quiet", "--message", message);
    return git(work, "rev-parse", "HEAD").trim();
  };
  write("README.md", README);
  write(HOSTILE, "<b>text</b>\n");
  write("img/bad.svg", SVG);
  write("img/dot.png", PIXEL);
  write("src/a.constructor", "one\ntwo\n");
  write("src/tool", "#!/bin/sh\n");
  write("long.js", LONG);
  write("large.txt", "a line of a large text\n".repeat(220_000));
  write("bytes.bin", Uint8Array.of(0, 1, 2));
  write("empty.txt", "");
  write("cut.txt", "no break at the end");
  symlinkSync("src/tool", `${work}/link`);
  symlinkSync("/etc/passwd", `${work}/out`);
  const first = commit(`Begin <script>${BREAK}</script>\n\nWith <b>a body</b>.`);
  git(work, "tag", "--annotate", "--message", "One", "v1");
  git(work, "checkout", "--quiet", "-b", "side/way");
  write("side.txt", "side\n");
  const side = commit("Go aside");
  git(work, "checkout", "--quiet", "main");
  write("src/tool", "#!/bin/sh\necho hello\n");
  chmodSync(`${work}/src/tool`, 0o755);
  git(work, "mv", "long.js", "moved.js");
  git(work, "rm", "--quiet", "img/dot.png");
  appendFileSync(`${work}/cut.txt`, "\n");
  const second = commit("Change, move and remove");
  git(work, "merge", "--quiet", "--no-ff", "--message", "Merge side/way", "side/way");
  for (let number = 0; number < 35; number++) {
    git(work, "commit", "--quiet", "--allow-empty", "--message", `Say nothing ${number}`);
  }
  git(root, "clone", "--quiet", "--bare", "work", "trunks/team/app.trunk");
  git(`${root}/trunks/team/app.trunk`, "update-server-info");
  return { first, side, second, merge: git(work, "rev-parse", "HEAD~35").trim() };
}

test("what is hostile in a repository stays inert", async (t) => {
  const { page, go, shoot, staysInert } = await opened(t, { make: odd });
  await go();
  await page.locator(".markdown").waitFor();
  const article = page.locator(".markdown");
  assert.equal(await article.locator("script, style, iframe, object, form, input, button, meta, [style], [onerror], [onload]").count(), 0);
  const links = await article.locator("a").evaluateAll((links) => links.map((link) => [link.textContent, link.getAttribute("href")]));
  assert.deepEqual(links.filter(([text]) => text === "bad"), [["bad", null], ["bad", null]]);
  assert.ok(links.every(([, href]) => !href?.includes("elsewhere")), JSON.stringify(links));
  await shoot("odd-tree");
  await page.click(`.entries >> text=${HOSTILE}`);
  await page.locator(".source").waitFor();
  assert.equal(await page.locator(".source code").textContent(), "<b>text</b>");
  await go("&path=img/bad.svg");
  await page.locator(".picture").evaluate((image) => image.decode());
  await shoot("odd-svg");
  // Whoever opens the picture by itself gives its script a document, in which it must not run either.
  const popup = page.waitForEvent("popup");
  await page.evaluate(() => window.open(document.querySelector(".picture").src));
  const alone = await popup;
  await alone.waitForLoadState();
  assert.equal(await alone.evaluate(() => window.broken), undefined);
  await go("&view=log");
  await go("&view=commit&ref=v1");
  assert.match(await page.locator(".commit h2").textContent(), /^Begin <script>/);
  await staysInert();
});

test("a README leads to its own headings, to other files, and shows its examples in colours", async (t) => {
  const { page, go, problems } = await opened(t, { make: odd });
  await go();
  assert.match(await page.locator(".markdown").textContent(), /☑ *done[^]*☐ *to do/);
  assert.ok(await page.locator(".markdown .hljs-keyword").count() > 0);
  await page.click("text=more >> nth=0");
  assert.match(page.url(), /#more-things$/);
  assert.equal(await page.locator("h2:target").textContent(), "More things");
  await page.click("text=there");
  await page.locator("#L2.marked").waitFor();
  assert.equal(await page.locator(".source code").textContent(), "one\ntwo");
  assert.deepEqual(problems, []);
});

test("every kind of file is shown for what it is", async (t) => {
  const { page, go, shoot, problems } = await opened(t, { make: odd });
  const main = page.locator("main");
  await go();
  const kinds = await page.locator(".entries li").evaluateAll((rows) =>
    rows.map((row) => `${row.querySelector("[role=img]").getAttribute("aria-label")} ${row.querySelector("a").textContent}`));
  for (const kind of ["directory img", "link link", "file empty.txt"]) assert.ok(kinds.includes(kind), `${kinds}`);
  await go("&path=vendor/lib");
  assert.match(await main.textContent(), new RegExp(`submodule at ${SUBMODULE}`));
  await go("&path=out");
  assert.equal(await main.locator("a.item").count(), 0);
  assert.match(await main.textContent(), /\/etc\/passwd/);
  await go("&path=link");
  await page.click("main >> text=src/tool");
  await page.locator(".source").waitFor();
  assert.match(await main.textContent(), /executable/);
  await go("&path=bytes.bin");
  assert.match(await main.textContent(), /A binary file/);
  await go("&path=empty.txt");
  assert.match(await main.textContent(), /The file is empty/);
  await go("&path=moved.js");
  const [width, room] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(width <= room, `a long line makes the page ${width} wide, not ${room}`);
  await shoot("odd-long-line");
  await go("&path=large.txt");
  assert.match(await main.textContent(), /Only the first 2\.0 MB/);
  const saved = page.waitForEvent("download");
  await page.click("text=Download");
  const download = await saved;
  assert.deepEqual([statSync(await download.path()).size, download.suggestedFilename()], [23 * 220_000, "large.txt"]);
  await shoot("odd-large");
  assert.deepEqual(problems, []);
});

test("merges, tags, moves and modes are told, and history goes on", async (t) => {
  const { page, go, shoot, first, side, second, merge, problems } = await opened(t, { make: odd });
  await go("&view=log");
  const titles = page.locator(".commits .item");
  assert.equal(await titles.count(), 30);
  await page.click("text=Older commits");
  await titles.nth(38).waitFor();
  assert.deepEqual(await titles.allTextContents().then((all) => all.slice(35).sort()), [
    `Begin <script>${BREAK}</script>`, "Change, move and remove", "Go aside", "Merge side/way",
  ]);
  assert.ok(await page.locator("text=Older commits").isHidden());
  await go(`&view=commit&ref=${merge}`);
  assert.deepEqual(await page.locator(".commit a").evaluateAll((links) => links.map((link) => link.textContent)),
    [second.slice(0, 10), side.slice(0, 10), "Browse the files"]);
  assert.match(await page.locator("main").textContent(), /1 file changed since the first parent/);
  await page.click(`text=${second.slice(0, 10)}`);
  await page.locator("text=Change, move and remove").waitFor();
  const changes = await page.locator(".change").evaluateAll((boxes) => boxes.map((box) => box.textContent));
  assert.equal(changes.length, 4);
  assert.match(changes[0], /^modified cut\.txt.*\(no line break at the end\)/);
  assert.match(changes[1], /^removed img\/dot\.pngA binary file/);
  assert.match(changes[2], /^renamed long\.js → moved\.js.*The same content/);
  assert.match(changes[3], /^modified src\/tool\+1Mode 100644 → 100755/);
  await shoot("odd-changes");
  await go("&view=commit&ref=v1");
  assert.equal(await page.locator("select").inputValue(), "v1");
  assert.match(await page.locator(".commit").textContent(), new RegExp(first));
  await page.click("summary >> text=vendor/lib");
  await page.locator(`text=nothing → ${SUBMODULE}`).waitFor();
  await go("&view=log&path=src/tool&ref=side/way");
  assert.equal(await titles.count(), 1);
  await go("&view=log&path=none");
  assert.match(await page.locator("main").textContent(), /No commit here changed none/);
  assert.deepEqual(problems, []);
});

test("an empty repository says so, and from a place that is not there branches lead on", async (t) => {
  const { page, go, shoot, root, data, problems } = await opened(t, { make: odd });
  git(root, "init", "--quiet", "--bare", "--initial-branch=main", "empty.git");
  git(`${root}/empty.git`, "update-server-info");
  for (const words of ["", "&view=log"]) {
    await go(words, data.url("empty.git"));
    assert.equal(await page.locator("[data-state=empty]").count(), 1, await page.locator("main").textContent());
  }
  await shoot("empty");
  await go("&path=side.txt&ref=v1");
  assert.equal(await page.locator(".problem").getAttribute("data-problem"), "missing");
  await shoot("problem-missing");
  await page.selectOption("select", "side/way");
  await page.locator(".source").waitFor();
  assert.equal(await page.locator(".source code").textContent(), "side");
  await page.goBack();
  await page.locator(".problem").waitFor();
  await page.goForward();
  await page.locator(".source").waitFor();
  await page.reload();
  await settled(page);
  assert.equal(await page.locator(".source code").textContent(), "side");
  assert.deepEqual(problems, []);
});
