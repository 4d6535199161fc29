// The disk in a repository that several users share: modes are those that stock git makes.

import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { lstatSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { posix } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { Disk } from "@layerbrain/trunks";
import { bytes, outcome } from "./conformance/checks.mjs";
import { git, scratch } from "./scratch.mjs";

const THEIRS = "trunks/theirs.trunk";
const OURS = "trunks/ours.trunk";
const MAIN = `${OURS}/refs/heads/main`;

/** A store, with two bare repositories in it whose `config` alone says who shares them. */
function shared(t, setting) {
  const root = scratch(t);
  for (const name of [THEIRS, OURS]) {
    mkdirSync(`${root}/${name}`, { recursive: true });
    git(`${root}/${name}`, "init", "--quiet", "--bare", ".");
    // As a push would have to make it.
    rmSync(`${root}/${name}/objects/pack`, { recursive: true });
    writeFileSync(`${root}/${name}/config`, `[core]\n\tbare = true\n${setting}\n[receive]\n\tunpackLimit = 1\n`);
  }
  return root;
}

/** What stock git makes of each kind, by the user whose umask is `$0`. */
const SCRIPT = `
  umask "$0" && set -e
  git push --quiet "file://$PWD/../${THEIRS}" HEAD:refs/heads/team/a
  cd "../${THEIRS}"
  git pack-refs --all
  git update-ref refs/heads/team/b refs/heads/team/a
  git symbolic-ref HEAD refs/heads/team/b
  git update-server-info
  echo loose | git hash-object -w --stdin`;

const mode = (path) => lstatSync(path).mode & 0o7777;

/** The files that git made or made anew in its repository. */
const madeByGit = (root) =>
  readdirSync(`${root}/${THEIRS}`, { recursive: true }).filter(
    (path) =>
      !lstatSync(`${root}/${THEIRS}/${path}`).isDirectory() &&
      /^(refs\/|objects\/|(HEAD|packed-refs|info\/refs)$)/.test(path),
  );

/** Writes each of `paths`, by a user with this umask. */
async function writeAs(umask, root, paths) {
  const program = `
    import { Disk } from ${JSON.stringify(import.meta.resolve("@layerbrain/trunks"))};
    process.umask(${umask});
    const disk = new Disk(process.argv[1]);
    const bytes = new TextEncoder().encode("x");
    for (const path of process.argv.slice(2)) {
      const key = "${OURS}/" + path;
      if (path.endsWith(".pack")) {
        const upload = await disk.uploadStart(key);
        await disk.uploadFinish(upload, [await disk.uploadPart(upload, 1, bytes)], "absent");
      } else {
        await disk.put(key, bytes, "any");
      }
    }
    // Still open at the end, so that its temporary file is there to be looked at.
    await disk.uploadStart("${OURS}/refs/heads/open");
    process.exit();`;
  await promisify(execFile)("node", ["--input-type=module", "--eval", program, root, ...paths]);
}

for (const [setting, umask] of [
  ["\tsharedRepository = group", "077"],
  ["\tsharedRepository = all", "027"],
  ["\tsharedRepository = 0640", "022"],
  ["\tsharedRepository = umask", "077"],
  ["", "022"],
]) {
  test(`modes are those that git makes: ${setting.trim() || "not shared"}, umask ${umask}`, async (t) => {
    const root = shared(t, setting);
    git(root, "init", "--quiet", "work");
    git(`${root}/work`, "commit", "--quiet", "--allow-empty", "--message", "first");
    execFileSync("sh", ["-c", SCRIPT, umask], {
      cwd: `${root}/work`,
      env: { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" },
    });
    const made = madeByGit(root);
    for (const end of ["team/b", "packed-refs", "info/refs", "info/packs", ".pack", ".idx"]) {
      assert.ok(made.some((path) => path.endsWith(end)), `no ${end} in ${made}`);
    }
    const own = ["trunk.json", "journals/unreachable"];
    await writeAs(`0o${umask}`, root, [...made, ...own]);
    const [theirs, ours] = [THEIRS, OURS].map((name) => `${root}/${name}`);
    for (let path of made) {
      for (; path !== "."; path = posix.dirname(path)) {
        assert.equal(mode(`${ours}/${path}`).toString(8), mode(`${theirs}/${path}`).toString(8), path);
      }
    }
    // Git knows nothing of these, and has others of their kind.
    const [file, directory] = [mode(`${theirs}/refs/heads/team/b`), mode(`${theirs}/refs/heads/team`)];
    for (const name of own) assert.equal(mode(`${ours}/${name}`), file, name);
    for (const name of ["journals", ".trunks-tmp", ".trunks-tmp/node"]) {
      assert.equal(mode(`${ours}/${name}`), directory, name);
    }
    const temporaries = readdirSync(`${ours}/.trunks-tmp/node`);
    assert.equal(temporaries.length, 1);
    assert.equal(mode(`${ours}/.trunks-tmp/node/${temporaries[0]}`), file);
  });
}

test("config is read as git reads it", async (t) => {
  const settings = [
    "[core]\n\tsharedRepository = 0640 ; not more\n",
    "[CORE] sharedrepository=\"06\"40 # nor less\n",
    "[core]\nsharedRepository = \\\n  group\n",
    "[core]\r\n\tsharedRepository = all\r\n\tbare = true\r\n",
    "[core]\n\tsharedRepository = all\n[core \"x\"]\n\tsharedRepository = 0600\n",
    "[core]\n\tsharedRepository = 0\n[user]\n\tname = \"a ; [core]\"\n\tsharedRepository = 0\n[core]\nsharedRepository = 1",
    "[core]\n\tsharedRepository\n",
    "[core]\n\tsharedRepository = yes\n",
    "[core]\n\tsharedRepository = 8\n",
    "[core]\n\tsharedRepository = off\n",
    "[core]\n\tsharedRepository =\n",
    "[core]\n\tsharedRepository = nonsense\n\tsharedRepository = 0600\n",
  ];
  for (const config of settings) {
    const root = shared(t, "");
    for (const name of [THEIRS, OURS]) writeFileSync(`${root}/${name}/config`, config);
    const umask = process.umask(0o027);
    try {
      git(`${root}/${THEIRS}`, "--git-dir=.", "symbolic-ref", "HEAD", "refs/heads/a");
      await new Disk(root).put(`${OURS}/HEAD`, bytes("ref: refs/heads/a\n"), "any");
    } finally {
      process.umask(umask);
    }
    const [ours, theirs] = [OURS, THEIRS].map((name) => mode(`${root}/${name}/HEAD`).toString(8));
    assert.equal(ours, theirs, config);
  }
});

test("a value at which git gives up is refused, and what is there can be deleted", async (t) => {
  for (const value of ["0440", "3", "Group", "08"]) {
    const root = shared(t, "");
    const disk = new Disk(root);
    await disk.put(MAIN, bytes("x"), "absent");
    const setting = `[core]\n\tsharedRepository = ${value}\n`;
    for (const name of [THEIRS, OURS]) writeFileSync(`${root}/${name}/config`, setting);
    assert.throws(() => git(`${root}/${THEIRS}`, "--git-dir=.", "symbolic-ref", "HEAD", "refs/heads/a"), value);
    const { code, error } = await outcome(new Disk(root).put(MAIN, bytes("y"), "any"));
    assert.equal(code, "failed", value);
    assert.ok(error.message.includes(`${OURS}/config`) && error.message.includes(`"${value}"`), error.message);
    await new Disk(root).delete(MAIN, "any");
    assert.equal(await disk.get(MAIN), undefined);
  }
});
