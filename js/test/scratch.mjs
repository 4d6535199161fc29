// Directories that are gone when a test is over, and stock git.

import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

/** An empty directory. `t`: the test. */
export function scratch(t) {
  const directory = mkdtempSync(join(tmpdir(), "trunks-js-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

const environment = () => ({
  ...process.env,
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_AUTHOR_NAME: "Git", GIT_AUTHOR_EMAIL: "git@example.com",
  GIT_COMMITTER_NAME: "Git", GIT_COMMITTER_EMAIL: "git@example.com",
});

/** What git prints in `directory`. */
export function git(directory, ...words) {
  return execFileSync("git", words, { cwd: directory, env: environment(), encoding: "utf8", stdio: "pipe" });
}

/** The same, beside other work. */
export async function gitBeside(directory, ...words) {
  const { stdout } = await promisify(execFile)("git", words, { cwd: directory, env: environment() });
  return stdout;
}

/** Demands that git finds nothing wrong. */
export function fsck(gitDirectory) {
  const found = git(gitDirectory, "--git-dir=.", "fsck", "--full", "--strict", "--no-progress", "--no-dangling");
  if (found !== "") throw new Error(found);
}
