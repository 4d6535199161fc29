// An S3 server that `cargo xtask servers` has installed, and what may break on the way to it.

import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, request as ask } from "node:http";
import { createServer as listen } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const place = process.env.TRUNKS_TEST_SERVERS ?? new URL("../../target/servers", import.meta.url).pathname;

export const credentials = { accessKeyId: "trunks-test-access", secretAccessKey: "trunks-test-secret" };

/** A port that nobody listens at. */
export async function freePort() {
  const server = listen();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Starts ministack, which honours every condition of S3. Resolves to its port and what ends it. */
export async function startS3() {
  const program = join(place, "python/bin/ministack");
  if (!existsSync(program)) throw new Error(`${program} is not there: run cargo xtask servers`);
  const [port, directory] = [await freePort(), mkdtempSync(join(tmpdir(), "trunks-js-s3-"))];
  mkdirSync(join(directory, "data"));
  const child = spawn(program, {
    stdio: "ignore",
    cwd: directory,
    env: {
      ...process.env,
      BIND_HOST: "127.0.0.1", GATEWAY_PORT: String(port), EDGE_PORT: String(port), SERVICES: "s3",
      S3_PERSIST: "1", S3_DATA_DIR: join(directory, "data"), STATE_DIR: join(directory, "state"),
      IOT_MTLS_ENABLED: "0", LOG_LEVEL: "WARNING",
    },
  });
  const over = new Promise((resolve) => child.once("exit", resolve));
  const end = async () => {
    child.kill("SIGKILL");
    await over;
    rmSync(directory, { recursive: true, force: true });
  };
  for (let tries = 0; ; tries++) {
    const isUp = await fetch(`http://127.0.0.1:${port}/`).then(() => true, () => false);
    if (isUp) return { port, end };
    if (tries === 600 || child.exitCode !== null) {
      await end();
      throw new Error("ministack does not answer");
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

let made = 0;

/** Makes a bucket that is nobody else's. Resolves to its name. */
export async function makeBucket(port) {
  const bucket = `trunks-${made++}`;
  const scope = `${credentials.accessKeyId}/20260101/us-east-1/s3/aws4_request`;
  const headers = { Authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=none` };
  const reply = await fetch(`http://127.0.0.1:${port}/${bucket}`, { method: "PUT", headers });
  if (!reply.ok) throw new Error(`bucket ${bucket}: ${reply.status} ${await reply.text()}`);
  return bucket;
}

/**
 * A proxy in front of the server at `port`. `plan`: what is done to the next requests, in order:
 * `"cut"` (the request never arrives), `"lose"` (it is heeded, and the answer lost), a status (answered
 * instead) or nothing.
 */
export async function faultyProxy(t, port) {
  const plan = [];
  const met = [];
  const server = createServer((request, reply) => {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      const fault = plan.shift();
      met.push(`${request.method} ${fault ?? "passed"}`);
      if (fault === "cut") return request.socket.destroy();
      if (typeof fault === "number") {
        return reply.writeHead(fault).end("<Error><Code>InternalError</Code><Message>broken</Message></Error>");
      }
      const { method, url, headers } = request;
      const passed = ask({ host: "127.0.0.1", port, method, path: url, headers }, (answer) => {
        if (fault === "lose") {
          answer.resume();
          return answer.on("end", () => request.socket.destroy());
        }
        reply.writeHead(answer.statusCode, answer.headers);
        answer.pipe(reply);
      });
      passed.end(Buffer.concat(chunks));
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { plan, met, endpoint: `http://127.0.0.1:${server.address().port}` };
}
