// The preview for those who do not use a mouse, or see less: names, contrast, the focus, and only keys.

import assert from "node:assert/strict";
import { test } from "node:test";
import { opened, settled, withBrowser } from "./preview.mjs";

withBrowser();

const PLACES = ["", "&path=src/main.rs", "&view=log", "&view=commit&ref=main", "&path=none"];

test("whatever can be used or seen has a name, and each place one heading", async (t) => {
  const { page, go } = await opened(t);
  for (const words of PLACES) {
    await go(words);
    const nameless = await page.evaluate(() => [...document.querySelectorAll("a, button, select, input, img, [role=img], [role=region]")]
      .filter((element) => !(element.getAttribute("aria-label") || element.hasAttribute("alt") || element.textContent.trim()))
      .filter((element) => !element.closest("[aria-hidden=true]"))
      .map((element) => element.outerHTML));
    assert.deepEqual(nameless, [], words);
    assert.equal(await page.locator("header h1").count(), 1, words);
    assert.equal(await page.evaluate(() => document.documentElement.lang), "en");
    assert.notEqual(await page.title(), "", words);
  }
});

for (const colorScheme of ["light", "dark"]) {
  test(`text stands out from what is behind it when it is ${colorScheme}`, async (t) => {
    const { page, go } = await opened(t, { options: { colorScheme } });
    for (const words of PLACES) {
      await go(words);
      const faint = await page.evaluate(() => {
        const parse = (text) => text.match(/[\d.]+/g).map(Number);
        const luminance = (rgb) => rgb.slice(0, 3)
          .map((value) => value / 255)
          .map((value) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
          .reduce((sum, value, at) => sum + value * [0.2126, 0.7152, 0.0722][at], 0);
        const behind = (element) => {
          for (let at = element; at; at = at.parentElement) {
            const colour = parse(getComputedStyle(at).backgroundColor);
            if (colour[3] !== 0) return colour;
          }
          return [255, 255, 255];
        };
        const found = new Set();
        for (const element of document.querySelectorAll("body *")) {
          const isText = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
          if (!isText || element.closest("script, style, noscript, option, optgroup") || element.offsetParent === null) continue;
          const [over, under] = [luminance(parse(getComputedStyle(element).color)), luminance(behind(element))];
          const contrast = (Math.max(over, under) + 0.05) / (Math.min(over, under) + 0.05);
          // WCAG 2.2, 1.4.3
          if (contrast < 4.5) found.add(`${element.tagName}.${element.className} ${contrast.toFixed(2)}`);
        }
        return [...found];
      });
      assert.deepEqual(faint, [], words);
    }
  });
}

test("keys alone lead from the branch to a line, a commit and back", async (t) => {
  const { page, go } = await opened(t);
  await go();
  const focused = () => page.evaluate(() => document.activeElement.textContent.trim());
  const outline = () => page.evaluate(() => getComputedStyle(document.activeElement.closest("li") ?? document.activeElement).outlineStyle);
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  assert.equal(await focused(), "src");
  assert.equal(await outline(), "solid");
  await page.keyboard.press("Enter");
  await page.locator("text=main.rs").waitFor();
  await settled(page);
  // The focus is where the new place begins, not on what is gone.
  await page.waitForFunction(() => document.activeElement === document.querySelector("main"));
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  assert.equal(await focused(), "main.rs");
  await page.keyboard.press("Enter");
  await page.locator(".source").waitFor();
  await settled(page);
  await page.keyboard.press("u");
  await page.locator(".entries").waitFor();
  await settled(page);
  await page.keyboard.press("h");
  await page.locator(".commits").waitFor();
  await settled(page);
  await page.keyboard.press("j");
  assert.equal(await focused(), "Say it twice");
  await page.keyboard.press("Enter");
  await page.locator(".diff").waitFor();
  await settled(page);
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => !document.querySelector(".change").open);
  await page.keyboard.press("Shift+Tab");
  assert.equal(await outline(), "solid");
  await page.goBack();
  await page.locator(".commits").waitFor();
});
