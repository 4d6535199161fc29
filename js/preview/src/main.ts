// A repository in a page: read straight from where it lies, by ranges, without a server.

import { chrome } from "./chrome.js";
import { beginUrls, endUrls, h, note } from "./dom.js";
import { showFiles } from "./files.js";
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
  beginUrls();
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
    const bar = chrome(source, place, (to) => go(to));
    const body = views[place.view](trunks, place).catch(async (error: unknown) => {
      // Branches and tags lead on from a place that is not there.
      const { isEmpty } = await bar;
      return isEmpty && !place.ref ? showEmpty() : [showProblem(error)];
    });
    const [{ elements }, shownBody] = await Promise.all([bar, body]);
    if (own !== turn) return;
    endUrls();
    header.replaceChildren(...elements);
    main.replaceChildren(...shownBody);
    shown = location.search;
    markLine();
  } catch (error) {
    if (own !== turn) return;
    header.replaceChildren(h("h1", {}, h("a", { href: "?" }, "Trunks")));
    main.replaceChildren(showProblem(error), form(place.repo));
    shown = undefined;
  } finally {
    if (own === turn) main.removeAttribute("aria-busy");
  }
}

/** The page of a repository in which nobody has committed yet. */
function showEmpty(): Node[] {
  return [
    h(
      "section",
      { class: "box", "data-state": "empty" },
      h("h2", {}, "The repository is empty"),
      h("p", {}, "Nothing has been committed yet. What is pushed to it will be shown here."),
    ),
  ];
}

/** The page without a repository. */
function start(): void {
  document.title = "Trunks";
  shown = location.search;
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

/** Leads to a place. `hash`: what is to be in sight there. */
function go(place: Place, hash = ""): void {
  history.pushState(null, "", addressOf(place) + hash);
  window.scrollTo(0, 0);
  // What had the focus is about to go; who listens is told that the page is another.
  void show().then(() => main.focus({ preventScroll: true }));
}

document.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  const target = link?.getAttribute("href");
  if (!link || !isPlain || !target?.startsWith("?")) return;
  event.preventDefault();
  const { search, hash } = new URL(link.href);
  go(placeFrom(search), hash);
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

/** Goes to the line or heading that the address names, which came after the browser had looked for it. */
function markLine(): void {
  for (const line of main.querySelectorAll(".numbers .marked")) line.classList.remove("marked");
  const named = document.getElementById(fragment());
  if (!named || !main.contains(named)) return;
  const isLine = named.matches(".numbers a");
  if (isLine) named.classList.add("marked");
  named.scrollIntoView({ block: isLine ? "center" : "start" });
}

function fragment(): string {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return location.hash.slice(1);
  }
}

window.addEventListener("popstate", () => {
  if (location.search === shown) markLine();
  else void show();
});
void show();
