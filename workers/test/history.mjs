// A repository of many objects, made by `git fast-import`: the same each time.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { git } from "./worker.mjs";

/**
 * Makes a bare repository whose one pack holds so many `objects`, with deltas so `deep`: a commit, a tree and a blob of a
 * file for each step, of which so many bytes are new and do not compress.
 */
export async function history(directory, { objects, deep, newBytes }) {
  await git(directory, "init", "--quiet", "--bare");
  const child = spawn("git", ["fast-import", "--quiet", `--depth=${deep}`], { cwd: directory, stdio: ["pipe", "inherit", "inherit"] });
  const feed = async (piece) => {
    if (!child.stdin.write(piece)) await once(child.stdin, "drain");
  };
  const commits = Math.ceil(objects / 3) + 1;
  const words = Array.from({ length: 64 }, (_, at) => `line ${at} of a file that changes a little each time\n`);
  for (let number = 0; number < commits; number++) {
    const file = number % 100;
    words[number % words.length] = `line changed in ${number}: ${noise(number)}\n`;
    const content = Buffer.concat([Buffer.from(`file ${file}\n${words.join("")}`), bytes(number, newBytes)]);
    const message = `change ${number}\n`;
    await feed(
      `commit refs/heads/main\ncommitter A U Thor <a@example.com> ${1600000000 + number} +0000\n` +
        `data ${message.length}\n${message}M 100644 inline file${file}\ndata ${content.length}\n`,
    );
    await feed(content);
    await feed("\n");
  }
  child.stdin.end();
  const [status] = await once(child, "close");
  assert.equal(status, 0);
  return directory;
}

/** Bytes that do not compress at all: the same for the same number. */
function bytes(number, length) {
  const words = new Uint32Array(Math.ceil(length / 4));
  let state = (number * 2654435761 + 1) >>> 0 || 1;
  for (let at = 0; at < words.length; at++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[at] = state;
  }
  return Buffer.from(words.buffer, 0, length);
}

/** Text that does not compress much: the same for the same number. */
function noise(number) {
  let state = (number * 2654435761 + 1) >>> 0;
  let text = "";
  for (let at = 0; at < 24; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    text += state.toString(36);
  }
  return text;
}
