// The bucket as a store does what every store must do: each call is made in workerd.

import { after, before } from "node:test";
import { conformance } from "../../js/test/conformance.mjs";
import { Probed, empty } from "./probed.mjs";
import { PROBE, start } from "./worker.mjs";

let worker;
let stop;
before(async () => {
  worker = await start({ after: (end) => (stop = end) }, { build: PROBE });
});
after(() => stop());

// Behaviours use keys of their own, but some look at all of a store: each has an empty one.
conformance("r2", async () => {
  await empty(worker.bucket);
  return new Probed(worker.url);
});
