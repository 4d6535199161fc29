// The repository that is shown.

import { Folder, Https, Trunks } from "@layerbrain/trunks";

export interface Source {
  trunks: Trunks;
  name: string;
  /** Has what was read of refs and packs read anew. */
  refresh(): void;
}

/** The repository at a URL. */
export function fromUrl(url: string): Source {
  const store = new Https({ url, maxAgeMs: Number.POSITIVE_INFINITY });
  return {
    trunks: new Trunks({ store, repo: store.name }),
    name: store.name,
    refresh: () => store.refresh(),
  };
}

/** The repository in a folder that the reader picks: a `.trunk`, a `.git`, or what holds one. */
export async function fromFolder(folder: FileSystemDirectoryHandle): Promise<Source> {
  const inner = await folder.getDirectoryHandle(".git").catch(() => folder);
  const name = folder.name.replace(/\.(trunk|git)$/, "").replaceAll(/[^A-Za-z0-9_-]+/g, "-") || "repository";
  const store = new Folder(inner, { below: `trunks/${name}.trunk/` });
  return { trunks: new Trunks({ store, repo: name }), name, refresh: () => {} };
}
