// The Worker over a bucket whose every call passes through the test.

import { readFile } from "node:fs/promises";
import { start } from "./worker.mjs";

/** What R2 throws, with its number, and what a connection that ends throws. */
export const INTERNAL = "We encountered an internal error. Please try again. (10001)";
export const UNAVAILABLE = "The service is unavailable. Please try again. (10043)";
export const TOO_MANY = "Too many requests. Please slow down. (10058)";
export const LOST = "Network connection lost.";

/**
 * Starts a Worker. `judge`: told of each call, `{ method, key, underWay }`, before it is made, with how many are under
 * way. It says `{ refuse }`, the call is not made and this is thrown; `{ lose }`, the call is made and this is thrown;
 * `{ tear }`, this is thrown where the bytes of a value are read; or nothing.
 */
export async function startBetween(t, judge, options = {}) {
  const test = async (request) => Response.json((await judge(await request.json())) ?? {});
  const contents = await readFile(new URL("inside/between.mjs", import.meta.url), "utf8");
  const between = {
    name: "between",
    modules: [{ type: "ESModule", path: "between.mjs", contents }],
    r2Buckets: { INNER: "BUCKET" },
    serviceBindings: { TEST: test },
  };
  return start(t, { ...options, between });
}
