// The core, which each environment loads in its own way.

import type { Repositories, Store } from "#core";
import { invalid } from "./api/error.js";

type Core = { Repositories: new (store: Store) => Repositories };
type Method = Exclude<keyof Repositories, "free">;

let load: (() => Promise<Core>) | undefined;
let loaded: Promise<Core> | undefined;

/** Says how the core is loaded here. It is loaded once, when it is first needed. */
export function loadCoreBy(how: () => Promise<Core>): void {
  load ??= how;
}

/** The core's view of `store`. */
export async function repositoriesOf(store: Store): Promise<Repositories> {
  if (!load) throw new Error("nothing says how the core is loaded: import @layerbrain/trunks itself");
  const core = await (loaded ??= load().catch((error: unknown) => {
    loaded = undefined;
    throw error;
  }));
  return checked(new core.Repositories(store));
}

const AT_PATH = ["repo", "ref", "path"];

/** What the first arguments of each method are called here. They are strings; with a mark they may be left out. */
const STRINGS: Record<Method, string[]> = {
  create: ["name"],
  names: ["after?"],
  show: ["name"],
  remove: ["name"],
  setHead: ["name"],
  setPublic: ["name"],
  packRefs: ["repo"],
  refs: ["repo"],
  updateRefs: ["repo"],
  resolve: ["repo", "ref"],
  walk: ["repo", "ref"],
  log: ["repo", "ref"],
  diffTrees: ["repo", "from?", "to"],
  diffFiles: ["repo", "old?", "new?"],
  readFile: AT_PATH,
  stat: AT_PATH,
  listFiles: AT_PATH,
  createBranch: ["repo", "name", "from"],
  deleteBranch: ["repo", "name", "from?"],
  createTag: ["repo", "name", "on"],
  deleteTag: ["repo", "name", "from?"],
  commit: ["repo"],
  apply: ["repo"],
};

/** The same, where nothing but strings reaches the core as one: it would take its memory for it. */
function checked(repositories: Repositories): Repositories {
  return new Proxy(repositories, {
    get(target, method) {
      const call: unknown = Reflect.get(target, method);
      if (typeof call !== "function" || !Object.hasOwn(STRINGS, method)) return call;
      const names = STRINGS[method as Method];
      return (...given: unknown[]): unknown => {
        for (const [at, name] of names.entries()) {
          const value = given[at];
          if (typeof value !== "string" && !(value == null && name.endsWith("?")))
            throw invalid(`${name.replace("?", "")} must be a string, not ${typeof value}`);
        }
        return call.apply(target, given);
      };
    },
  });
}
