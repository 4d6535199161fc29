// Where the reader is, as the page's address says it: so every view can be linked to.

export interface Place {
  /** The repository's URL; empty for a local folder. */
  repo: string;
  /** A branch, a tag or a commit; empty for the default branch. */
  ref: string;
  path: string;
  view: "files" | "log" | "commit";
}

const VIEWS = ["files", "log", "commit"] as const;

export function placeFrom(search: string): Place {
  const words = new URLSearchParams(search);
  const view = VIEWS.find((name) => name === words.get("view")) ?? "files";
  return { repo: words.get("repo") ?? "", ref: words.get("ref") ?? "", path: words.get("path") ?? "", view };
}

/** The address of a place, from the page's own. */
export function addressOf(place: Place): string {
  const words = new URLSearchParams();
  if (place.repo) words.set("repo", place.repo);
  if (place.ref) words.set("ref", place.ref);
  if (place.view !== "files") words.set("view", place.view);
  if (place.path) words.set("path", place.path);
  return `?${words.toString().replaceAll("%2F", "/").replaceAll("%3A", ":")}`;
}
