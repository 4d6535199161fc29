// The bucket as the store that the core sees, call by call, in a build that offers them.

/** A store whose calls are made in a Worker. */
export class Probed {
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

/** Empties a bucket. */
export async function empty(bucket) {
  for (;;) {
    const page = await bucket.list();
    if (page.objects.length === 0) return;
    await bucket.delete(page.objects.map(({ key }) => key));
  }
}
