// A repository in a page: read straight from where it lies, by ranges, without a server.

import { h } from "./dom.js";
import { note, showFiles } from "./files.js";
import { showCommit, showLog } from "./history.js";
import { addressOf, placeFrom, type Place } from "./place.js";
import { showProblem } from "./problem.js";
import { fromFolder, fromUrl, type Source } from "./source.js";

const [header, main] = ["header", "main"].map((name) => document.querySelector(name) as HTMLElement) as [
  HTMLElement,
  HTMLElement,
];

let source: Source | undefined;
/** The URL that `source` was opened for. */
let opened = "";
/** The address whose place is shown. */
let shown: string | undefined;
/** Goes up with each place, so that what comes late is not shown. */
let turn = 0;

async function show(): Promise<void> {
  const place = placeFrom(location.search);
  const own = ++turn;
  main.setAttribute("aria-busy", "true");
  try {
    if (place.repo !== opened || (place.repo && !source)) {
      source = place.repo ? fromUrl(place.repo) : undefined;
      opened = place.repo;
    }
    if (!source) return start();
    document.title = [place.path || source.name, source.name]
      .filter((part, at, all) => all.indexOf(part) === at)
      .join(" · ");
    const { trunks } = source;
    const views = { files: showFiles, log: showLog, commit: showCommit };
    const [bar, body] = await Promise.all([chrome(source, place), views[place.view](trunks, place)]);
    if (own !== turn) return;
    header.replaceChildren(...bar);
    main.replaceChildren(...body);
    shown = location.search;
    markLine();
  } catch (error) {
    if (own !== turn) return;
    if (!header.hasChildNodes()) header.replaceChildren(h("h1", {}, h("a", { href: "?" }, "Trunks")));
    main.replaceChildren(showProblem(error), form(place.repo));
  } finally {
    if (own === turn) main.removeAttribute("aria-busy");
  }
}

/** The repository's name, its branches and tags, and the way to here. */
async function chrome({ trunks, name }: Source, place: Place): Promise<Node[]> {
  const [branches, tags] = await Promise.all([
    trunks.branches.list({ limit: 10_000 }),
    trunks.tags.list({ limit: 10_000 }),
  ]);
  const current = place.ref || (branches.data.find((branch) => branch.default)?.name ?? "");
  const names = (title: string, all: { name: string }[]) =>
    all.length > 0 &&
    h(
      "optgroup",
      { label: title },
      ...all.map((one) => h("option", { selected: one.name === current }, one.name)),
    );
  const isKnown = [...branches.data, ...tags.data].some((one) => one.name === current);
  const pick = h(
    "select",
    {
      "aria-label": "Branch or tag",
      onchange: () => go({ ...place, ref: pick.value, view: place.view === "commit" ? "files" : place.view }),
    },
    !isKnown && h("option", { selected: true, value: current }, current.slice(0, 10)),
    names("Branches", branches.data),
    names("Tags", tags.data),
  );
  const parts = place.path.split("/").filter((part) => part);
  const crumbs = parts.map((part, at) => {
    const path = parts.slice(0, at + 1).join("/");
    return h(
      "span",
      {},
      " / ",
      at + 1 === parts.length
        ? h("b", {}, part)
        : h("a", { href: addressOf({ ...place, path, view: "files" }) }, part),
    );
  });
  const tab = (view: Place["view"], text: string) =>
    h(
      "a",
      { href: addressOf({ ...place, view }), ...(place.view === view && { "aria-current": "page" }) },
      text,
    );
  return [
    h("h1", {}, h("a", { href: addressOf({ ...place, path: "", view: "files" }) }, name)),
    pick,
    h("nav", { "aria-label": "Views" }, tab("files", "Files"), tab("log", "History")),
    h("nav", { class: "crumbs", "aria-label": "Path" }, ...crumbs),
  ];
}

/** The page without a repository. */
function start(): void {
  header.replaceChildren(h("h1", {}, "Trunks"));
  main.replaceChildren(
    h("p", {}, "Look into a Git repository straight from the bucket, web server or folder it lies in."),
    form(""),
  );
}

function form(url: string): HTMLElement {
  const input = h("input", {
    type: "url",
    name: "repo",
    value: url,
    required: true,
    placeholder: "https://example.com/trunks/app.trunk",
    "aria-label": "URL of a repository",
  });
  const open = async () => {
    const pick = (window as { showDirectoryPicker?: () => Promise<FileSystemDirectoryHandle> })
      .showDirectoryPicker;
    const folder = await pick?.().catch(() => undefined);
    if (folder) await openFolder(folder);
  };
  return h(
    "form",
    { action: "", method: "get" },
    input,
    h("button", {}, "Open"),
    "showDirectoryPicker" in window &&
      h("button", { type: "button", onclick: () => void open() }, "Open a folder"),
  );
}

/** Shows the repository in a folder. */
export async function openFolder(folder: FileSystemDirectoryHandle): Promise<void> {
  [source, opened] = [await fromFolder(folder), ""];
  history.pushState(null, "", location.pathname);
  await show();
}

function go(place: Place): void {
  history.pushState(null, "", addressOf(place));
  window.scrollTo(0, 0);
  void show();
}

document.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  const target = link?.getAttribute("href");
  if (!link || !isPlain || !target?.startsWith("?")) return;
  event.preventDefault();
  go(placeFrom(new URL(link.href).search));
});

document.addEventListener("keydown", (event) => {
  const isTyping = event.target instanceof Element && event.target.matches("input, select, textarea");
  if (isTyping || event.metaKey || event.ctrlKey || event.altKey) return;
  const place = placeFrom(location.search);
  const keys: Record<string, () => void> = {
    j: () => move(1),
    k: () => move(-1),
    u: () =>
      place.path && go({ ...place, view: "files", path: place.path.split("/").slice(0, -1).join("/") }),
    h: () => go({ ...place, view: place.view === "log" ? "files" : "log" }),
    b: () => header.querySelector("select")?.focus(),
    r: () => {
      source?.refresh();
      void show();
    },
  };
  const act = source && keys[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

/** Moves the focus among what can be opened. */
function move(step: number): void {
  const items = [...main.querySelectorAll<HTMLElement>(".item")];
  const at = items.indexOf(document.activeElement as HTMLElement);
  items[Math.min(Math.max(at + step, 0), items.length - 1)]?.focus();
}

// A folder may be dropped on the page, too.
document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", (event) => {
  event.preventDefault();
  const item = event.dataTransfer?.items[0] as
    { getAsFileSystemHandle?: () => Promise<FileSystemHandle | null> } | undefined;
  void item?.getAsFileSystemHandle?.().then((handle) => {
    if (handle?.kind === "directory") return openFolder(handle as FileSystemDirectoryHandle);
    main.prepend(note("Drop a folder that holds a repository."));
    return undefined;
  });
});

/** Marks the line that the address names, which came after the browser had looked for it. */
function markLine(): void {
  for (const line of main.querySelectorAll(".numbers .marked")) line.classList.remove("marked");
  if (!/^#L\d+$/.test(location.hash)) return;
  const line = document.getElementById(location.hash.slice(1));
  line?.classList.add("marked");
  line?.scrollIntoView({ block: "center" });
}

window.addEventListener("popstate", () => {
  if (location.search === shown) markLine();
  else void show();
});
void show();
