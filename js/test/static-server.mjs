// A web server that knows nothing but files and ranges of them: what a bucket's web site or a CDN is.

import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";
import { join, normalize } from "node:path";

const TYPES = {
  html: "text/html", js: "text/javascript", mjs: "text/javascript", css: "text/css", wasm: "application/wasm",
};

/**
 * Serves the files below `root` until the test is over. `requests`: each method and path with the bytes that
 * were sent. `answer`: may answer instead, by returning true.
 */
export async function serveFiles(t, root, { hasRanges = true, hasCors = true, answer } = {}) {
  const requests = [];
  const server = createServer(async (request, reply) => {
    const path = decodeURIComponent(new URL(request.url, "http://host").pathname);
    const told = { method: request.method, path, range: request.headers.range, bytes: 0 };
    requests.push(told);
    if (hasCors) reply.setHeader("Access-Control-Allow-Origin", "*");
    const type = TYPES[/\.(\w+)$/.exec(path)?.[1]];
    if (type) reply.setHeader("Content-Type", type);
    if (await answer?.(request, reply)) return;
    const file = join(root, normalize(path));
    const found = await stat(file).catch(() => undefined);
    if (!found?.isFile()) return reply.writeHead(404).end();
    const asked = hasRanges && /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "");
    if (!asked) {
      told.bytes = request.method === "HEAD" ? 0 : found.size;
      reply.writeHead(200, { "Content-Length": found.size, ETag: `"${found.mtimeMs}-${found.size}"` });
      return request.method === "HEAD" ? reply.end() : createReadStream(file).pipe(reply);
    }
    const [start, end] = [Number(asked[1]), Math.min(Number(asked[2]), found.size - 1)];
    if (start > end) return reply.writeHead(416, { "Content-Range": `bytes */${found.size}` }).end();
    told.bytes = end - start + 1;
    reply.writeHead(206, {
      "Content-Length": end - start + 1,
      "Content-Range": `bytes ${start}-${end}/${found.size}`,
      ETag: `"${found.mtimeMs}-${found.size}"`,
    });
    createReadStream(file, { start, end }).pipe(reply);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { requests, url: (path) => `http://127.0.0.1:${server.address().port}/${path}` };
}
