// What is above every place: the repository's name, its branches and tags, and the way to here.

import { h } from "./dom.js";
import { addressOf, type Place } from "./place.js";
import type { Source } from "./source.js";

interface Chrome {
  elements: Node[];
  /** Whether there is neither a branch nor a tag. */
  isEmpty: boolean;
}

/** The top of the page. `go`: leads to another place. */
export async function chrome(
  { trunks, name }: Source,
  place: Place,
  go: (place: Place) => void,
): Promise<Chrome> {
  const [branches, tags] = await Promise.all([
    trunks.branches.list({ limit: 10_000 }),
    trunks.tags.list({ limit: 10_000 }),
  ]);
  const current = place.ref || (branches.data.find((branch) => branch.default)?.name ?? "");
  const elements = [
    h("h1", {}, h("a", { href: addressOf({ ...place, path: "", view: "files" }) }, name)),
    picker(place, current, branches.data, tags.data, go),
    h("nav", { "aria-label": "Views" }, tab(place, "files", "Files"), tab(place, "log", "History")),
    h("nav", { class: "crumbs", "aria-label": "Path" }, ...crumbs(place, name)),
  ];
  return { elements, isEmpty: branches.data.length + tags.data.length === 0 };
}

type Named = { name: string }[];

function picker(
  place: Place,
  current: string,
  branches: Named,
  tags: Named,
  go: (place: Place) => void,
): HTMLElement {
  const group = (title: string, all: Named) =>
    all.length > 0 &&
    h(
      "optgroup",
      { label: title },
      ...all.map((one) => h("option", { selected: one.name === current }, one.name)),
    );
  const isKnown = [...branches, ...tags].some((one) => one.name === current);
  const shortened = /^[0-9a-f]{40}$/.test(current) ? current.slice(0, 10) : current;
  const pick = h(
    "select",
    {
      "aria-label": "Branch or tag",
      onchange: () => go({ ...place, ref: pick.value, view: place.view === "commit" ? "files" : place.view }),
    },
    !isKnown && h("option", { selected: true, value: current }, shortened || "no branch"),
    group("Branches", branches),
    group("Tags", tags),
  );
  return pick;
}

function tab(place: Place, view: Place["view"], text: string): HTMLElement {
  const isHere = place.view === view;
  return h("a", { href: addressOf({ ...place, view }), ...(isHere && { "aria-current": "page" }) }, text);
}

/** The directories on the way; nothing at the root, where the name says it. */
function crumbs(place: Place, name: string): Node[] {
  const parts = place.path.split("/").filter((part) => part);
  if (parts.length === 0) return [];
  const link = (path: string, text: string) =>
    h("a", { href: addressOf({ ...place, path, view: "files" }) }, text);
  const way = parts.map((part, at) => {
    const isLast = at + 1 === parts.length;
    const shown = isLast
      ? h("b", { "aria-current": "location" }, part)
      : link(parts.slice(0, at + 1).join("/"), part);
    return h("span", {}, h("span", { class: "slash", "aria-hidden": "true" }, "/"), shown);
  });
  return [link("", name), ...way];
}
