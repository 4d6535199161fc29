// Removing a value on a condition where the server knows no such request: as the native store does it, with
// which this one shares buckets. ADR 0011 says why it holds.
//
// A tombstone takes the value's place by compare-and-swap; from then on the key counts as absent. Then it is
// removed by a plain request, which was signed before the tombstone was written. So nothing is created on a
// tombstone whose remover may still come: creators wait until it is gone, or so old that no request which
// was signed before it is heeded any more.

import type { Expected } from "#core";
import { StoreError } from "../error.js";
import type { Bucket } from "./bucket.js";
import type { Call } from "./call.js";
import { isAbsent, refused } from "./failure.js";
import { head, isSuccess, newMark, sendMarked, TOMBSTONE, type Contest } from "./write.js";

/** A tombstone's length: of the values of this length, listings look which are tombstones. */
export const TOMBSTONE_BYTES = 55;

/** After this no request that was signed before the tombstone was written is heeded any more. */
const SETTLED_S = 16 * 60;
/** How long a creator waits for a remover that lives. */
const PATIENCE_MS = 10_000;
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 500;

/** Removes the value at `key` if it has this version. */
export async function bury(bucket: Bucket, key: string, version: string): Promise<void> {
  const removal = await replaceByTombstone(bucket, key, { is: version });
  const reply = await bucket.wire.send(removal);
  if (!isSuccess(reply) && !isAbsent(reply)) throw refused(key, reply, bucket.wire.account);
}

/**
 * Holds a key that is absent, for a value that is about to come. Resolves to what gives it up, for which
 * what goes wrong leaves a tombstone, which counts as absent.
 */
export async function claim(bucket: Bucket, key: string): Promise<() => Promise<void>> {
  const removal = await replaceByTombstone(bucket, key, "absent");
  return async () => void (await bucket.wire.send(removal).catch(() => {}));
}

/** Puts a tombstone in the place of what is expected. Resolves to the request that removes it. */
async function replaceByTombstone(bucket: Bucket, key: string, expected: Expected): Promise<Call> {
  const removal = await bucket.wire.signed({ method: "DELETE", key });
  const nonce = newMark();
  const body = new TextEncoder().encode(`trunks: being deleted ${nonce}\n`);
  await sendMarked(bucket, { method: "PUT", key, headers: { [TOMBSTONE]: "1" }, body }, expected, nonce);
  return removal;
}

/** A creation was refused: a tombstone that is about to go is waited for. */
export async function contestCreation(bucket: Bucket, key: string): Promise<Contest> {
  const started = performance.now();
  const patienceMs = Math.min(PATIENCE_MS, bucket.wire.account.timeoutMs);
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    const found = await head(bucket, key);
    if (!found) return "again";
    if (!found.isGone) return "lost";
    if (found.ageS >= SETTLED_S) return { replace: found.version };
    if (performance.now() - started >= patienceMs) {
      const leftMin = Math.ceil((SETTLED_S - found.ageS) / 60);
      throw new StoreError("unavailable", key, `its deletion was broken off: try again in ${leftMin} min`);
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}
