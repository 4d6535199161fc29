// What every store must do, one function a behaviour: `tests/src/conformance` in JavaScript, by the same
// names. What a store can't do changes the outcome that is expected, never whether the behaviour is run.

import { test } from "node:test";
import * as deleting from "./conformance/delete.mjs";
import * as listing from "./conformance/list.mjs";
import * as racing from "./conformance/race.mjs";
import * as reading from "./conformance/read.mjs";
import * as uploading from "./conformance/upload.mjs";
import * as writing from "./conformance/write.mjs";

/** Every behaviour by its name in Rust: `read::a_value_is_read_whole`. */
export const behaviours = Object.entries({
  read: reading, write: writing, delete: deleting, list: listing, upload: uploading, race: racing,
}).flatMap(([module, functions]) =>
  Object.entries(functions).map(([name, behaviour]) => [`${module}::${name}`, behaviour]));

/**
 * Makes a test of every behaviour. `open`: makes an empty store; what it is handed is called when the test
 * is over.
 */
export function conformance(name, open) {
  for (const [behaviour, run] of behaviours) {
    test(`${name}: ${behaviour}`, async (t) => run(await open((close) => t.after(close))));
  }
}
