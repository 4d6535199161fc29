// `cargo xtask bench --worker`: the Worker in workerd beside `git http-backend` behind lighttpd, on one machine.
// The first argument is how many rounds count; one more before them does not.

import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { Miniflare } from "miniflare";
import { history } from "../test/history.mjs";
import { BUILD, bundle, create, git, remote, start, token } from "../test/worker.mjs";

const ROUNDS = Number(process.argv[2] ?? 5);
const ASKED = 20;
const ends = [];
const t = { after: (end) => ends.push(end) };
const scratch = await mkdtemp(join(tmpdir(), "trunks-bench-"));
t.after(() => rm(scratch, { recursive: true, force: true }));

try {
  await sizes();
  await coldStart();
  await beside();
} finally {
  for (const end of ends.reverse()) await end();
}

async function sizes() {
  let bytes = 0;
  for (const name of ["index.js", "index_bg.wasm"]) bytes += gzipSync(await readFile(join(BUILD, name)), { level: 9 }).length;
  console.log(`bundle: ${(bytes / 1024).toFixed(0)} KiB compressed`);
}

/** How long workerd takes from its start to the first answer, with the Worker and with one that does nothing. */
async function coldStart() {
  const none = { modules: true, script: "export default { fetch: () => new Response() };", compatibilityDate: "2026-04-01" };
  const times = { worker: [], none: [] };
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [name, options] of [["worker", bundle(BUILD)], ["none", none]]) {
      const began = performance.now();
      const miniflare = new Miniflare({ ...options, name, host: "127.0.0.1", port: 0, r2Buckets: ["BUCKET"] });
      await (await fetch(new URL("a.git/info/refs?service=git-upload-pack", await miniflare.ready))).arrayBuffer();
      if (round > 0) times[name].push(performance.now() - began);
      await miniflare.dispose();
    }
  }
  const [worker, nothing] = [median(times.worker), median(times.none)];
  console.log(`workerd, start to first answer: ${worker.toFixed(0)} ms; with a Worker that does nothing ${nothing.toFixed(0)} ms; ` +
    `cold start ${(worker - nothing).toFixed(0)} ms`);
}

/** The first byte of `info/refs`, and a clone. */
async function beside() {
  const served = join(scratch, "served/app.git");
  await mkdir(served, { recursive: true });
  await history(served, { objects: 30_000, deep: 50, newBytes: 3000 });
  const worker = await start(t);
  await create(worker, "app", { public: true });
  await git(served, "push", "--quiet", remote(worker, "app", token("app", "write")), "main");
  await git(served, "repack", "-adq");
  const said = await git(served, "count-objects", "-v");
  const mib = Number(/size-pack: (\d+)/.exec(said)[1]) / 1024;
  console.log(`repository: ${/in-pack: (\d+)/.exec(said)[1]} objects, ${mib.toFixed(1)} MiB`);
  const sides = { worker: remote(worker, "app"), git: `${await lighttpd(join(scratch, "served"))}app.git` };
  const pid = await workerd();

  const firsts = { worker: [], git: [] };
  const clones = { worker: [], git: [] };
  const cpu = [];
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [side, url] of Object.entries(sides)) {
      const asked = [];
      for (let number = 0; number < ASKED; number++) asked.push(await firstByte(url));
      const before = await cpuSeconds(pid);
      const began = performance.now();
      await git(scratch, "clone", "--quiet", "--bare", url, "clone");
      const took = (performance.now() - began) / 1000;
      await rm(join(scratch, "clone"), { recursive: true });
      if (round === 0) continue;
      firsts[side].push(median(asked));
      clones[side].push(took);
      if (side === "worker") cpu.push((await cpuSeconds(pid)) - before);
    }
  }
  console.log(`${"".padEnd(34)}${"Worker".padStart(10)}${"git".padStart(10)}${"ratio".padStart(8)}`);
  row("first byte of info/refs, ms", firsts, (ms) => ms.toFixed(1));
  row("full clone, s", clones, (seconds) => seconds.toFixed(2));
  row("full clone, MiB/s", { worker: clones.worker.map((s) => mib / s), git: clones.git.map((s) => mib / s) }, (rate) => rate.toFixed(1));
  console.log(`${"CPU time of workerd for a clone, s".padEnd(34)}${median(cpu).toFixed(2).padStart(10)}`);
}

function row(what, times, shown) {
  const ratio = median(times.worker.map((value, at) => value / times.git[at]));
  const [worker, other] = [median(times.worker), median(times.git)];
  console.log(`${what.padEnd(34)}${shown(worker).padStart(10)}${shown(other).padStart(10)}${ratio.toFixed(2).padStart(8)}`);
}

async function firstByte(url) {
  const began = performance.now();
  const response = await fetch(`${url}/info/refs?service=git-upload-pack`);
  const reader = response.body.getReader();
  await reader.read();
  const took = performance.now() - began;
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  while (!(await reader.read()).done);
  return took;
}

/** Serves a directory's repositories by `git http-backend`; gives the URL. */
async function lighttpd(directory) {
  const port = await new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
  const backend = join(await git(scratch, "--exec-path"), "git-http-backend");
  const settings = join(scratch, "lighttpd.conf");
  await writeFile(settings, `
server.modules = ("mod_alias", "mod_cgi", "mod_setenv")
server.document-root = "${directory}"
server.bind = "127.0.0.1"
server.port = ${port}
server.errorlog = "${join(scratch, "lighttpd.log")}"
server.stream-response-body = 1
alias.url = ("/git" => "${backend}")
$HTTP["url"] =~ "^/git" {
  cgi.assign = ("" => "")
  setenv.add-environment = ("GIT_PROJECT_ROOT" => "${directory}", "GIT_HTTP_EXPORT_ALL" => "1")
}
`);
  const child = spawn("/usr/sbin/lighttpd", ["-D", "-f", settings], { stdio: "inherit" });
  t.after(() => child.kill());
  const url = `http://127.0.0.1:${port}/git/`;
  for (let tries = 0; ; tries++) {
    try {
      await (await fetch(`${url}app.git/info/refs`)).arrayBuffer();
      return url;
    } catch (error) {
      if (tries === 100 || child.exitCode !== null) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** The process that runs the Worker. */
async function workerd() {
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const [name, parent] = stat(await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "0 () ? 0"));
    if (name === "workerd" && Number(parent) === process.pid) return pid;
  }
  throw new Error("there is no workerd");
}

async function cpuSeconds(pid) {
  const [, , user, system] = stat(await readFile(`/proc/${pid}/stat`, "utf8"));
  const TICKS = 100;
  return (Number(user) + Number(system)) / TICKS;
}

/** A process' name, its parent, and its ticks of CPU time, in it and for it. */
function stat(line) {
  const [, name, rest] = /\((.*)\) (.*)/.exec(line);
  const fields = rest.split(" ");
  return [name, fields[1], fields[11], fields[12]];
}

function median(values) {
  return values.toSorted((one, other) => one - other)[values.length >> 1];
}
