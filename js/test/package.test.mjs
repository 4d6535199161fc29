// What `npm pack` makes: installed into an empty project, without a network, and used from there.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { before, test } from "node:test";
import { scratch } from "./scratch.mjs";

const js = new URL("..", import.meta.url).pathname;

function npm(directory, ...words) {
  return execFileSync("npm", [...words, "--offline", "--ignore-scripts", "--no-audit", "--no-fund"],
    { cwd: directory, encoding: "utf8", stdio: "pipe" });
}

let project;
before((t) => {
  project = scratch({ after: (end) => process.once("exit", end) });
  // What it depends on is packed from where it is installed here.
  const archives = [js, `${js}node_modules/aws4fetch`].map((directory) => {
    const [{ filename }] = JSON.parse(npm(directory, "pack", "--json", "--pack-destination", project));
    return `./${filename}`;
  });
  writeFileSync(`${project}/package.json`, JSON.stringify({ name: "consumer", type: "module", private: true }));
  npm(project, "install", ...archives);
});

const installed = () => `${project}/node_modules/@layerbrain/trunks`;
const files = () => readdirSync(installed(), { recursive: true }).filter((path) => statSync(`${installed()}/${path}`).isFile());
const node = (...words) => execFileSync("node", words, { cwd: project, encoding: "utf8", stdio: "pipe" });

test("it holds what it needs and nothing else", () => {
  for (const path of files()) {
    assert.match(path, /^(README\.md|LICENSE|package\.json|dist\/lib\/.*\.(js|d\.ts)|dist\/web\/(core\.d\.ts|trunks\.js|trunks_bg\.wasm))$/);
  }
  const license = (path) => readFileSync(path, "utf8");
  assert.equal(license(`${installed()}/LICENSE`), license(`${js}../LICENSE`));
  assert.ok(existsSync(`${installed()}/README.md`));
});

test("it names no path of the machine that it was made on", () => {
  const places = [js, homedir(), process.cwd(), process.env.CARGO_HOME, process.env.CARGO_TARGET_DIR]
    .filter((place) => place && place !== "/").map((place) => place.replace(/\/+$/, "/"));
  for (const path of files()) {
    const text = readFileSync(`${installed()}/${path}`, "latin1");
    for (const place of places) assert.ok(!text.includes(place), `${path} names ${place}`);
    const other = /\/(?:home|root|Users|tmp|build|runner)\/[\w.-]{1,60}\/[\w./-]{0,200}\.(?:rs|ts|js)\b/.exec(text);
    assert.equal(other?.[0], undefined, `${path} names ${other?.[0]}`);
  }
});

test("every way in that it offers is there, with its types", () => {
  const { exports, imports, sideEffects } = JSON.parse(readFileSync(`${installed()}/package.json`, "utf8"));
  const leaves = (value) => (typeof value === "string" ? [value] : Object.values(value).flatMap(leaves));
  for (const path of [...leaves(exports), ...leaves(imports), ...sideEffects]) {
    assert.ok(existsSync(`${installed()}/${path}`), path);
  }
  // Each says in its own way how the core is loaded: a bundler must not leave that out.
  for (const name of ["node", "browser", "workers"]) assert.ok(sideEffects.includes(`./dist/lib/${name}.js`));
});

test("a project without anything else commits and reads with it", () => {
  for (const entry of ["@layerbrain/trunks", "@layerbrain/trunks/node"]) {
    writeFileSync(`${project}/main.js`, `
      import { Disk, Memory, Trunks } from "${entry}";
      const author = { name: "Ada", email: "ada@example.com" };
      for (const store of [new Memory(), await Disk.create("./store-${entry.length}")]) {
        const trunks = new Trunks({ store, repo: "app", author });
        await trunks.repos.create({ name: "app" });
        await trunks.files.write({ path: "a.txt", content: "hello" });
        console.log((await trunks.files.read({ path: "a.txt" })).text());
      }`);
    assert.equal(node("main.js"), "hello\nhello\n");
  }
});

for (const [moduleResolution, module, entry] of [
  ["nodenext", "nodenext", "@layerbrain/trunks"],
  ["bundler", "esnext", "@layerbrain/trunks/node"],
]) {
  test(`its types serve a strict project with moduleResolution ${moduleResolution}`, () => {
    writeFileSync(`${project}/typed.ts`, `
      import { Disk, Trunks, TrunksError, type ErrorCode, type List, type Branch, type Store } from "${entry}";
      const store: Store = new Disk("./store");
      const trunks = new Trunks({ store, repo: "app", author: { name: "Ada", email: "ada@example.com" } });
      export const page: List<Branch> = await trunks.branches.list({ limit: 20, offset: 0 });
      export const size: number = (await trunks.files.read({ path: "a", range: { start: 0, end: 2 } })).size_bytes;
      for await (const entry of trunks.files.walk()) console.log(entry.path, entry.type === "symlink");
      await trunks.commits.create({ message: "m", changes: [{ write: "a", content: "b" }, { rename: "c", to: "d" }] });
      // @ts-expect-error: a change is one thing
      await trunks.commits.create({ message: "m", changes: [{ move: "a" }] });
      export const codeOf = (error: unknown): ErrorCode | undefined => error instanceof TrunksError ? error.code : undefined;
    `);
    writeFileSync(`${project}/tsconfig.json`, JSON.stringify({
      compilerOptions: {
        module, moduleResolution, target: "es2022", lib: ["es2022"], strict: true, exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true, noEmit: true, types: ["node"], typeRoots: [`${js}node_modules/@types`],
      },
      files: ["typed.ts"],
    }));
    try {
      node(`${js}node_modules/typescript/bin/tsc`, "--project", project);
    } catch (error) {
      assert.fail(error.stdout);
    }
  });
}

test("a page's project finds what is for browsers, and a Worker's what is for Workers", () => {
  for (const [condition, use] of [[undefined, "Opfs, Folder"], ["workerd", "S3, Https"]]) {
    writeFileSync(`${project}/typed.ts`, `
      import { ${use}, Trunks } from "@layerbrain/trunks";
      console.log(${use}, Trunks);`);
    writeFileSync(`${project}/tsconfig.json`, JSON.stringify({
      compilerOptions: {
        module: "esnext", moduleResolution: "bundler", target: "es2022", lib: ["es2023", "dom", "dom.asynciterable"],
        strict: true, noEmit: true, types: [], customConditions: condition ? [condition] : [],
      },
      files: ["typed.ts"],
    }));
    try {
      node(`${js}node_modules/typescript/bin/tsc`, "--project", project);
    } catch (error) {
      assert.fail(error.stdout);
    }
  }
});
