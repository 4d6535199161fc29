// A bucket that a page writes to, in Chromium: by the CORS rule that the docs give, and nothing more.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer, request as ask } from "node:http";
import { after, before, test } from "node:test";
import { S3, Trunks } from "@layerbrain/trunks";
import { openPage, startChromium } from "./chromium.mjs";
import { behaviours } from "./conformance.mjs";
import { credentials, makeBucket, startS3 } from "./s3-server.mjs";
import { serveFiles } from "./static-server.mjs";

const js = new URL("..", import.meta.url).pathname;
const docs = readFileSync(new URL("../../docs/browser.md", import.meta.url), "utf8");
const [RULE] = JSON.parse(/^```json\n([^]*?)^```$/m.exec(docs)[1]);

let browser;
let server;
before(async () => { [browser, server] = await Promise.all([startChromium(), startS3()]); });
after(() => Promise.all([browser.close(), server.end()]));

/** The bucket's server as a page of `origin` meets it: what the rule does not name, the browser does not allow. */
async function crossOrigin(t, origin, rule = RULE) {
  const allowed = {
    "Access-Control-Allow-Origin": origin,
    "Access-Control-Allow-Methods": rule.AllowedMethods.join(", "),
    "Access-Control-Expose-Headers": rule.ExposeHeaders.join(", "),
  };
  const preflights = [];
  const proxy = createServer((request, reply) => {
    if (request.method === "OPTIONS") {
      preflights.push(request.headers["access-control-request-method"]);
      // What `*` stands for where a request is signed.
      const headers = { "Access-Control-Allow-Headers": request.headers["access-control-request-headers"] ?? "" };
      return reply.writeHead(204, { ...allowed, ...headers, "Access-Control-Max-Age": "600" }).end();
    }
    const { method, url, headers } = request;
    const passed = ask({ host: "127.0.0.1", port: server.port, method, path: url, headers }, (answer) => {
      const own = Object.entries(answer.headers).filter(([name]) => !name.startsWith("access-control-"));
      reply.writeHead(answer.statusCode, { ...Object.fromEntries(own), ...allowed });
      answer.pipe(reply);
    });
    request.pipe(passed);
  });
  await new Promise((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    proxy.closeAllConnections();
    proxy.close();
  });
  return { endpoint: `http://127.0.0.1:${proxy.address().port}`, preflights };
}

async function opened(t, rule) {
  const pages = await serveFiles(t, js);
  const { page, problems } = await openPage(t, browser);
  await page.goto(pages.url("test/browser/conformance.html"));
  await page.waitForFunction(() => window.behaviours);
  const { endpoint, preflights } = await crossOrigin(t, new URL(pages.url("")).origin, rule);
  return { page, problems, preflights, options: { bucket: await makeBucket(server.port), endpoint, ...credentials } };
}

// All but those whose only point is how much, or how many at once, a server bears.
const TELLING = behaviours.filter(([name]) => !/^race::|100_mib|sequence|large|pages|parts|two_uploads|moves_with/.test(name));

test("a bucket behind CORS does in a page what every store must do", async (t) => {
  const { page, problems, preflights, options } = await opened(t);
  for (const [number, [name]] of TELLING.entries()) {
    await page.evaluate(async ([name, options]) => {
      await window.behaviours.get(name)(new window.trunks.S3(options));
    }, [name, { ...options, prefix: `${number}` }]).catch((error) => assert.fail(`${name}: ${error.message}`));
  }
  const asked = [...new Set(preflights)];
  assert.ok(["DELETE", "GET", "PUT"].every((method) => asked.includes(method)), `${asked}`);
  assert.ok(asked.every((method) => RULE.AllowedMethods.includes(method)), `${asked}`);
  assert.deepEqual(problems, []);
});

test("two pages and Node commit to one branch of a bucket, and nothing is lost", async (t) => {
  const author = { name: "Ada", email: "ada@example.com" };
  const tabs = await Promise.all([opened(t), opened(t)]);
  const { bucket } = tabs[0].options;
  const here = new Trunks({
    store: new S3({ bucket, endpoint: `http://127.0.0.1:${server.port}`, ...credentials }), repo: "app", author,
  });
  await here.repos.create({ name: "app" });
  const inPage = ({ page, options }, tab) => page.evaluate(async ([options, author, tab]) => {
    const { S3, Trunks } = window.trunks;
    const trunks = new Trunks({ store: new S3(options), repo: "app", author });
    for (let round = 0; round < 4; round++) await trunks.files.write({ path: `tab-${tab}-${round}`, content: "x" });
  }, [{ ...options, bucket }, author, tab]);
  const inNode = async () => {
    for (let round = 0; round < 4; round++) await here.files.write({ path: `node-${round}`, content: "x" });
  };
  await Promise.all([inPage(tabs[0], 0), inPage(tabs[1], 1), inNode()]);
  assert.equal((await here.files.list()).total_count, 12);
  assert.equal((await here.commits.list()).total_count, 12);
});

test("a bucket that hides its versions from pages is refused", async (t) => {
  const { page, options } = await opened(t, { ...RULE, ExposeHeaders: [] });
  const message = await page.evaluate(async (options) => {
    const store = new window.trunks.S3(options);
    return store.put("a/key", new Uint8Array(3), "absent").then(() => "", (error) => `${error.code}: ${error.message}`);
  }, options);
  assert.match(message, /^failed: .*ETag/);
});
