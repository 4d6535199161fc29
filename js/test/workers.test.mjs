// The package in a Worker: bundled by what `exports` says for workerd, and run there over a bucket.

import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { Miniflare } from "miniflare";
import { build } from "vite";
import { S3, Trunks } from "@layerbrain/trunks";
import { scratch } from "./scratch.mjs";
import { credentials, makeBucket, startS3 } from "./s3-server.mjs";

const js = new URL("..", import.meta.url).pathname;
const author = { name: "Ada", email: "ada@example.com" };

let server;
before(async () => { server = await startS3(); });
after(() => server.end());

/** WebAssembly is a module beside the Worker's own, as wrangler leaves it. */
const wasmBeside = {
  name: "wasm-beside",
  enforce: "pre",
  resolveId: (id) => (id.endsWith(".wasm") ? { id: "./trunks_bg.wasm", external: true } : undefined),
};

/** A Worker of these lines, in workerd. */
async function started(t, source, bindings) {
  const directory = scratch(t);
  writeFileSync(`${directory}/worker.js`, source);
  mkdirSync(`${directory}/node_modules/@layerbrain`, { recursive: true });
  symlinkSync(js, `${directory}/node_modules/@layerbrain/trunks`);
  await build({
    root: directory,
    configFile: false,
    logLevel: "error",
    plugins: [wasmBeside],
    ssr: { target: "webworker", noExternal: true, resolve: { conditions: ["workerd"] } },
    build: { ssr: `${directory}/worker.js`, outDir: `${directory}/built`, emptyOutDir: true },
  });
  copyFileSync(`${js}dist/web/trunks_bg.wasm`, `${directory}/built/trunks_bg.wasm`);
  const miniflare = new Miniflare({
    rootPath: `${directory}/built`,
    modulesRoot: `${directory}/built`,
    modules: [{ type: "ESModule", path: "worker.js" }, { type: "CompiledWasm", path: "trunks_bg.wasm" }],
    compatibilityDate: "2026-04-01",
    host: "127.0.0.1",
    port: 0,
    bindings,
  });
  t.after(() => miniflare.dispose());
  return miniflare.ready;
}

test("a Worker commits to a bucket and reads from it, and Node sees the same", async (t) => {
  const options = { bucket: await makeBucket(server.port), endpoint: `http://127.0.0.1:${server.port}`, ...credentials };
  const url = await started(t, `
    import { S3, Trunks, TrunksError } from "@layerbrain/trunks";
    export default {
      async fetch(request, { options }) {
        const trunks = new Trunks({ store: new S3(options), repo: "team/app", author: ${JSON.stringify(author)} });
        const { pathname } = new URL(request.url);
        try {
          if (request.method === "POST") await trunks.repos.create({ name: "team/app" });
          if (request.method === "PUT") {
            await trunks.files.write({ path: pathname.slice(1), content: new Uint8Array(await request.arrayBuffer()) });
            return new Response("written");
          }
          const file = await trunks.files.read({ path: pathname.slice(1) });
          return new Response(file.bytes);
        } catch (error) {
          if (!(error instanceof TrunksError)) return new Response(String(error.stack), { status: 500 });
          return Response.json({ code: error.code, message: error.message }, { status: 404 });
        }
      },
    };`, { options });
  const ask = async (method, path, body) => {
    const reply = await fetch(new URL(path, url), { method, body });
    return [reply.status, await reply.text()];
  };
  const [status, missing] = await ask("POST", "/a.txt");
  assert.deepEqual([status, JSON.parse(missing).code], [404, "not-found"], missing);
  const writes = Array.from({ length: 6 }, (_, writer) => ask("PUT", `/by/${writer}.txt`, `${writer}`));
  assert.deepEqual(await Promise.all(writes), Array(6).fill([200, "written"]));
  assert.deepEqual(await ask("GET", "/by/3.txt"), [200, "3"]);
  const here = new Trunks({ store: new S3(options), repo: "team/app", author });
  assert.equal((await here.files.list({ path: "by" })).total_count, 6);
  await here.files.write({ path: "from-node.txt", content: "node" });
  assert.deepEqual(await ask("GET", "/from-node.txt"), [200, "node"]);
});
