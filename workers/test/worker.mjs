// The Worker in workerd, over an R2 bucket on disk, and what tests do with both.

import { createHmac } from "node:crypto";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Miniflare } from "miniflare";

export const SECRET = "a-secret-of-the-tests-that-is-long-enough";
export const BUILD = fileURLToPath(new URL("../build/", import.meta.url));
export const PROBE = fileURLToPath(new URL("../build-probe/", import.meta.url));

/** The Worker that was built into a directory, as Miniflare takes it. */
export function bundle(build) {
  return {
    rootPath: build,
    modulesRoot: build,
    modules: [
      { type: "ESModule", path: "index.js" },
      { type: "CompiledWasm", path: "index_bg.wasm" },
    ],
    compatibilityDate: "2026-04-01",
  };
}

/**
 * Starts a Worker; `options` go to Miniflare. It and all it stores end with the test. `between`: a Worker through which
 * it gets its bucket.
 */
export async function start(t, { build = BUILD, bindings = {}, between, ...options } = {}) {
  const directory = await mkdtemp(join(tmpdir(), "trunks-worker-"));
  const binding = between ? { wrappedBindings: { BUCKET: between.name } } : { r2Buckets: ["BUCKET"] };
  const door = {
    name: "door",
    modules: [{ type: "ESModule", path: "door.mjs", contents: await readFile(new URL("inside/door.mjs", import.meta.url), "utf8") }],
    compatibilityDate: "2026-04-01",
    r2Buckets: ["BUCKET"],
    unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }],
  };
  const served = { ...bundle(build), ...binding, name: "trunks", bindings: { TRUNKS_SECRET: SECRET, ...bindings } };
  const miniflare = new Miniflare({
    workers: [served, door, ...(between ? [between] : [])],
    host: "127.0.0.1",
    port: 0,
    r2Persist: join(directory, "r2"),
    ...options,
  });
  t.after(async () => {
    await miniflare.dispose();
    await rm(directory, { recursive: true, force: true });
  });
  const url = await miniflare.ready;
  return { miniflare, directory, url, bucket: new Bucket(await miniflare.unsafeGetDirectURL("door")) };
}

/** The bucket past the Worker. Miniflare's own way blocks Node, and on a busy machine breaks. */
class Bucket {
  #url;

  constructor(url) {
    this.#url = url;
  }

  async #call(method, argument, body) {
    const url = new URL(`${method}?${new URLSearchParams({ argument: JSON.stringify(argument) })}`, this.#url);
    const response = await fetch(url, { method: "POST", body });
    if (!response.ok) throw new Error(await response.text());
    return response;
  }

  /** The bytes at `key`. */
  async get(key) {
    return Buffer.from(await (await this.#call("get", key)).arrayBuffer());
  }

  async put(key, value) {
    await this.#call("put", key, value);
  }

  /** Removes these keys. */
  async delete(keys) {
    await this.#call("delete", keys);
  }

  /** A page: `objects` with `key` and `customMetadata` each, and where the next one begins. */
  async list(options = {}) {
    return (await this.#call("list", options)).json();
  }
}

/** A token, made here from its description rather than by the code that reads it. */
export function token(scope, access, expires = 4102444800, secret = SECRET) {
  const claims = Buffer.from(JSON.stringify({ scope, access, expires })).toString("base64url");
  const signature = createHmac("sha256", secret).update(`trunks token 1\n${claims}`);
  return `trunks_${claims}.${signature.digest("base64url")}`;
}

/** The URL of a repository, with a token in it. */
export function remote(worker, name, token) {
  const url = new URL(`${name}.git`, worker.url);
  if (token) {
    url.username = "git";
    url.password = token;
  }
  return url.href;
}

/** Makes an empty repository, as `trunks repo create` does. */
export async function create(worker, name, manifest = {}) {
  const put = (key, text) => worker.bucket.put(`trunks/${name}.trunk/${key}`, text);
  const id = "00000000-0000-4000-8000-000000000000";
  await put("trunk.json", JSON.stringify({ version: 1, id, static: false, ...manifest }));
  await put("config", "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n");
  await put("HEAD", "ref: refs/heads/main\n");
}

/** Copies what the bucket holds of a repository to a directory, with or without the tombstones. */
async function copy(worker, name, directory, tombstones) {
  const prefix = `trunks/${name}.trunk/`;
  await mkdir(join(directory, "refs"), { recursive: true });
  await mkdir(join(directory, "objects"), { recursive: true });
  let cursor;
  do {
    const page = await worker.bucket.list({ prefix, cursor });
    for (const { key, customMetadata } of page.objects) {
      if (tombstones === "left out" && "trunks-deleted" in customMetadata) continue;
      const path = join(directory, key.slice(prefix.length));
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, await worker.bucket.get(key));
    }
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor);
  return directory;
}

const run = promisify(execFile);

/** Who commits. */
export const AUTHOR = { name: "A U Thor", email: "author@example.com" };

/** Runs git in a directory and gives what it printed; rejects with what it said. */
export async function git(directory, ...words) {
  const env = {
    PATH: process.env.PATH,
    HOME: directory,
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_SYSTEM: "/dev/null",
    GIT_TERMINAL_PROMPT: "0",
  };
  for (const [name, value] of Object.entries(AUTHOR)) {
    env[`GIT_AUTHOR_${name.toUpperCase()}`] = value;
    env[`GIT_COMMITTER_${name.toUpperCase()}`] = value;
  }
  const options = { cwd: directory, env, maxBuffer: 64 * 1024 * 1024 };
  const { stdout } = await run("git", ["-c", "init.defaultBranch=main", ...words], options);
  return stdout.trim();
}

/** A directory of the worker's, made here. */
export async function place(worker, name) {
  const directory = join(worker.directory, name);
  await mkdir(directory, { recursive: true });
  return directory;
}

/** Makes a repository with a file for each number, a commit each. */
export async function work(worker, name, commits) {
  const directory = await place(worker, name);
  await git(directory, "init", "--quiet");
  for (let number = 0; number < commits; number++) {
    await change(directory, `file${number}`, `content ${number}\n`);
  }
  return directory;
}

/** Commits one file. */
export async function change(directory, name, content) {
  await writeFile(join(directory, name), content);
  await git(directory, "add", name);
  await git(directory, "commit", "--quiet", "-m", `change ${name}`);
}

/**
 * Has git judge what the bucket holds of a repository: its refs, sorted. `tombstones`: "left out" where a deletion was
 * broken off, which leaves one.
 */
export async function judge(worker, name, tombstones) {
  const directory = await copy(worker, name, await mkdtemp(join(worker.directory, "copy-")), tombstones);
  await git(directory, "fsck", "--full", "--strict", "--no-dangling");
  return git(directory, "for-each-ref", "--format=%(objectname) %(refname)");
}
