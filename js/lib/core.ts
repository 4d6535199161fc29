// The core, which each environment loads in its own way.

import type { Repositories, Store } from "#core";

type Core = { Repositories: new (store: Store) => Repositories };

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
  return new core.Repositories(store);
}
