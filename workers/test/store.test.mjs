// The bucket as a store does what every store must do: each call is made in workerd, by a build that offers
// them.

import { after, before } from "node:test";
import { conformance } from "../../js/test/conformance.mjs";
import { PROBE, start } from "./worker.mjs";

/** A store whose calls are made in a Worker. */
class Probed {
  #url;

  constructor(url) {
    this.#url = new URL("/-/store", url);
  }

  async #send(call, bytes) {
    // A header holds no more than ASCII.
    const escaped = JSON.stringify(call).replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
    const response = await fetch(this.#url, { method: "POST", headers: { "x-call": escaped }, body: bytes });
    if (response.ok || response.status === 404) return response;
    const { code, message } = await response.json();
    throw Object.assign(new Error(message), { code });
  }

  async #call(call, bytes) {
    return (await this.#send(call, bytes)).json();
  }

  async get(key, range) {
    const response = await this.#send({ method: "get", key, range });
    const bytes = new Uint8Array(await response.arrayBuffer());
    if (response.status === 404) return undefined;
    return { bytes, sizeBytes: Number(response.headers.get("x-size")), version: response.headers.get("x-version") };
  }

  put(key, bytes, expected) {
    return this.#call({ method: "put", key, expected }, bytes);
  }

  async delete(key, expected) {
    await this.#call({ method: "delete", key, expected });
  }

  list(prefix, after, limit) {
    return this.#call({ method: "list", prefix, after, limit });
  }

  uploadStart(key) {
    return this.#call({ method: "uploadStart", key });
  }

  uploadPart(upload, number, bytes) {
    return this.#call({ method: "uploadPart", upload, number }, bytes);
  }

  uploadFinish(upload, parts, expected) {
    return this.#call({ method: "uploadFinish", upload, parts, expected });
  }

  async uploadAbort(upload) {
    await this.#call({ method: "uploadAbort", upload });
  }
}

let worker;
let stop;
before(async () => {
  worker = await start({ after: (end) => (stop = end) }, { build: PROBE });
});
after(() => stop());

// Behaviours use keys of their own, but some look at all of a store: each has an empty one.
conformance("r2", async () => {
  for (;;) {
    const page = await worker.bucket.list();
    if (page.objects.length === 0) return new Probed(worker.url);
    await worker.bucket.delete(page.objects.map(({ key }) => key));
  }
});
