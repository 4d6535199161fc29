// Who is let in, and requests that no git would send.

import assert from "node:assert/strict";
import { connect } from "node:net";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { create, git, remote, start, token, work } from "./worker.mjs";

const READ = "info/refs?service=git-upload-pack";
const WRITE = "info/refs?service=git-receive-pack";

test("tokens open what they say", async (t) => {
  const worker = await start(t);
  await create(worker, "team/app");
  await create(worker, "open", { public: true });
  const good = token("team/app", "write");
  const table = [
    ["none", undefined, 401, 401],
    ["to write", good, 200, 200],
    ["to read", token("team/app", "read"), 200, 403],
    ["of the team", token("team/*", "write"), 200, 200],
    ["of all", token("*", "write"), 200, 200],
    ["of another repository", token("team/other", "write"), 404, 404],
    ["of another team", token("tea/*", "write"), 404, 404],
    ["expired", token("team/app", "write", 1700000000), 401, 401],
    ["forged", token("team/app", "write", 4102444800, "x".repeat(40)), 401, 401],
    ["truncated", good.slice(0, -1), 401, 401],
    ["very long", "A".repeat(15_000), 401, 401],
  ];
  for (const [what, shown, reads, writes] of table) {
    for (const [path, expected] of [[READ, reads], [WRITE, writes]]) {
      const ask = async (name) => {
        const headers = shown ? { authorization: `Bearer ${shown}` } : {};
        const response = await fetch(new URL(`${name}.git/${path}`, worker.url), { headers });
        return { status: response.status, text: await response.text() };
      };
      const answer = await ask("team/app");
      assert.equal(answer.status, expected, `${path}, token ${what}`);
      if (expected === 401 || expected === 404) {
        assert.deepEqual(await ask("team/none"), answer, `a stranger learns nothing: ${what}`);
      }
    }
  }
  const open = (path, headers) => fetch(new URL(`open.git/${path}`, worker.url), { headers });
  assert.equal((await open(READ)).status, 200);
  assert.equal((await open(WRITE)).status, 401);
});

test("git tells its user what is refused", async (t) => {
  const worker = await start(t);
  await create(worker, "team/app");
  await create(worker, "open", { public: true });
  const one = await work(worker, "one", 1);
  const push = (url) => git(one, "push", "--quiet", url, "main");
  await assert.rejects(push(remote(worker, "team/app", token("team/app", "read"))), /may read, but not/);
  await assert.rejects(push(remote(worker, "team/none", token("*", "write"))), /not found/);
  await assert.rejects(push(remote(worker, "team/app", "wrong")), /Authentication failed/);
  await assert.rejects(push(remote(worker, "team/app")), /could not read Username/);
  await git(one, "ls-remote", remote(worker, "open"));
});

test("what is hostile is refused, and the Worker lives", async (t) => {
  const worker = await start(t);
  await create(worker, "app");
  const authorization = `Bearer ${token("*", "write")}`;
  const lives = async () => {
    const response = await fetch(new URL(`app.git/${READ}`, worker.url), { headers: { authorization } });
    assert.equal(response.status, 200);
    await response.text();
  };
  const post = async (body, headers = {}) => {
    const response = await fetch(new URL("app.git/git-upload-pack", worker.url), {
      method: "POST",
      headers: {
        authorization,
        "content-type": "application/x-git-upload-pack-request",
        "git-protocol": "version=2",
        ...headers,
      },
      body,
    });
    return { status: response.status, text: await response.text() };
  };
  const listing = "0014command=ls-refs\n0000";
  assert.deepEqual(await post(listing), { status: 200, text: "0000" });
  assert.deepEqual(await post(gzipSync(listing), { "content-encoding": "gzip" }), { status: 200, text: "0000" });

  const bomb = gzipSync(`0014command=ls-refs\n0001${"0009peel\n".repeat(10_000_000)}`);
  for (const [what, body, headers] of [
    ["a bomb", bomb, { "content-encoding": "gzip" }],
    ["no gzip", listing, { "content-encoding": "gzip" }],
    ["cut off", gzipSync(listing).subarray(0, 20), { "content-encoding": "gzip" }],
    ["another encoding", listing, { "content-encoding": "br" }],
    ["another type", listing, { "content-type": "text/plain" }],
    ["no pkt-line", "x".repeat(100_000), {}],
    ["an endless line", "fff0", {}],
  ]) {
    const answer = await post(body, headers);
    assert.ok(answer.status >= 400 || answer.text.includes("ERR "), `${what}: ${answer.status} ${answer.text}`);
    await lives();
  }

  for (const path of [
    "a%2f..%2fapp", "..%2fapp", "app.git/..%2fapp", "app%00", "..%5capp", "%ff", "app.trunk",
    "app.trunk/objects", "//app", ".git", "a".repeat(3000), "%E2%80%AE%00", "app%0d%0aSet-Cookie:x",
  ]) {
    const answer = await raw(worker, `GET /${path}/${READ} HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization}\r\nconnection: close\r\n\r\n`);
    assert.match(answer, /^HTTP\/1.1 4\d\d /, path);
  }
  // The runtime takes dots out of a path before it is looked at: the token is asked for what is left.
  await create(worker, "other");
  for (const path of ["app/../other", "app/%2e%2e/other", "app.git/%2E./other.git", "app/./../other"]) {
    const answer = await raw(worker, `GET /${path}/${READ} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token("app", "write")}\r\nconnection: close\r\n\r\n`);
    assert.match(answer, /^HTTP\/1.1 404 /, path);
  }
  await lives();
  const huge = await raw(worker, `GET /app.git/${READ} HTTP/1.1\r\nhost: x\r\nx: ${"y".repeat(300_000)}\r\nconnection: close\r\n\r\n`);
  assert.match(huge, /^(HTTP\/1.1 4\d\d |$)/);
  await lives();

  // Lengths that lie, and pieces that end in the middle.
  const posted = (headers, body) =>
    `POST /app.git/git-upload-pack HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization}\r\nconnection: close\r\n` +
    `git-protocol: version=2\r\ncontent-type: application/x-git-upload-pack-request\r\n${headers}\r\n\r\n${body}`;
  for (const [headers, body] of [
    ["content-length: 4", listing],
    ["content-length: -1", listing],
    ["content-length: 20, 24", listing],
    ["transfer-encoding: chunked", "zz\r\n"],
  ]) {
    const answer = await raw(worker, posted(headers, body));
    assert.ok(!answer.startsWith("HTTP/1.1 200") || answer.includes("ERR "), `${headers}: ${answer}`);
    await lives();
  }

  // A body that is shorter than it says: the client leaves in the middle.
  for (const service of ["git-upload-pack", "git-receive-pack"]) {
    await raw(
      worker,
      `POST /app.git/${service} HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization}\r\n` +
        `content-type: application/x-${service}-request\r\ncontent-length: 1000\r\n\r\n0032want `,
      { half: true },
    );
    await lives();
  }
});

test("a client that stops sending is given up", async (t) => {
  const worker = await start(t, { bindings: { CLIENT_TIMEOUT_S: "1" } });
  await create(worker, "app");
  const answer = await raw(
    worker,
    `POST /app.git/git-receive-pack HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token("*", "write")}\r\n` +
      "content-type: application/x-git-receive-pack-request\r\ncontent-length: 1000\r\nconnection: close\r\n\r\n0032",
  );
  assert.match(answer, /^HTTP\/1.1 400 /);
  assert.match(answer, /sent nothing for 1 s/);
});

/** Sends bytes as they are, and gives what comes back until the end of the answer or of the connection. */
function raw(worker, bytes, { half = false } = {}) {
  return new Promise((resolve) => {
    const socket = connect(Number(worker.url.port), "127.0.0.1", () => {
      socket.write(bytes);
      if (half) socket.end();
    });
    let answer = "";
    socket.on("data", (data) => {
      answer += data;
      if (answer.endsWith("\r\n0\r\n\r\n")) socket.destroy();
    });
    socket.on("error", () => {});
    socket.on("close", () => resolve(answer));
  });
}
