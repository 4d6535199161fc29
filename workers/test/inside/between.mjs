// Runs in workerd, between the Worker and its bucket: each call is told to the test, which says what becomes
// of it.

/** What the Worker gets as its binding. `env`: the bucket itself, and the test as a service. */
export default function (env) {
  return new R2Bucket(env.INNER, env.TEST);
}

let underWay = 0;

// The Worker knows a bucket by this name.
class R2Bucket {
  #inner;
  #test;

  constructor(inner, test) {
    this.#inner = inner;
    this.#test = test;
  }

  get(key, options) {
    return this.#call("get", key, async (end, tear) => {
      const object = await this.#inner.get(key, options);
      if (!object?.body) return end(object);
      // The call is under way until its bytes were read.
      const arrayBuffer = async () => {
        const bytes = await object.arrayBuffer();
        end();
        if (tear) throw new Error(tear);
        return bytes;
      };
      return new Proxy(object, {
        get(target, name) {
          if (name === "arrayBuffer") return arrayBuffer;
          const value = target[name];
          return typeof value === "function" ? value.bind(target) : value;
        },
      });
    });
  }

  head(key) {
    return this.#whole("head", key, () => this.#inner.head(key));
  }

  put(key, value, options) {
    return this.#whole("put", key, () => this.#inner.put(key, value, options));
  }

  delete(key) {
    return this.#whole("delete", key, () => this.#inner.delete(key));
  }

  list(options) {
    return this.#whole("list", options.prefix, () => this.#inner.list(options));
  }

  createMultipartUpload(key, options) {
    return this.#whole("createMultipartUpload", key, () => this.#inner.createMultipartUpload(key, options));
  }

  resumeMultipartUpload(key, id) {
    const inner = this.#inner.resumeMultipartUpload(key, id);
    return {
      uploadPart: (number, value) => this.#whole("uploadPart", key, () => inner.uploadPart(number, value)),
      complete: (parts) => this.#whole("complete", key, () => inner.complete(parts)),
      abort: () => this.#whole("abort", key, () => inner.abort()),
    };
  }

  /** A call that is over when it answers. */
  #whole(method, key, make) {
    return this.#call(method, key, async (end) => end(await make()));
  }

  /** Makes a call as the test says: not at all, with its answer lost, or with the body of its answer torn off. */
  async #call(method, key, make) {
    underWay += 1;
    let isOver = false;
    const end = (answer) => {
      if (!isOver) underWay -= 1;
      isOver = true;
      return answer;
    };
    try {
      const body = JSON.stringify({ method, key, underWay });
      const said = await this.#test.fetch("http://test/", { method: "POST", body });
      const { refuse, lose, tear } = await said.json();
      if (refuse) throw new Error(refuse);
      const answer = await make(end, tear);
      if (lose) throw new Error(lose);
      return answer;
    } catch (error) {
      end();
      throw error;
    }
  }
}
