// A browser without a window.

import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

const programs = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Starts Chromium. */
export async function startChromium() {
  const executablePath = programs.find((program) => program && existsSync(program));
  if (!executablePath) throw new Error("chromium is not installed: run cargo xtask js, or name it in CHROMIUM");
  return chromium.launch({ executablePath, args: ["--no-sandbox"] });
}

/** A page that fails the test when something in it breaks. `problems`: what broke. */
export async function openPage(t, browser, options = {}) {
  const context = await browser.newContext(options);
  t.after(() => context.close());
  const page = await context.newPage();
  const problems = [];
  page.on("pageerror", (error) => problems.push(String(error)));
  return { page, context, problems };
}
