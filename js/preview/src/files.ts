// Directories and files.

import type { FileContent, FileEntry, Trunks } from "@layerbrain/trunks";
import { h, note, orSay, sizeOf, urlOf } from "./dom.js";
import { highlighted } from "./highlight.js";
import { showLatest } from "./history.js";
import { rendered, within } from "./markdown.js";
import { addressOf, type Place } from "./place.js";

/** Of a longer file, only the beginning is read, unless all is asked for. */
const MOST_BYTES = 2_000_000;
/** A picture can only be shown whole. */
const MOST_PICTURE_BYTES = 20_000_000;
const MOST_LINES = 20_000;
const MOST_ENTRIES = 10_000;

const IMAGES = new Map(
  Object.entries({
    png: "image/png",
    jpg: "image/jpeg",
    jpeg: "image/jpeg",
    gif: "image/gif",
    webp: "image/webp",
    svg: "image/svg+xml",
    avif: "image/avif",
    ico: "image/x-icon",
    bmp: "image/bmp",
  }),
);

/** What lies at a place: a directory with its README, or a file. */
export async function showFiles(trunks: Trunks, place: Place): Promise<Node[]> {
  const at = { path: place.path, ...(place.ref && { ref: place.ref }) };
  const stat = place.path === "" ? undefined : await trunks.files.stat(at);
  if (!stat || stat.type === "directory") return showDirectory(trunks, place);
  if (stat.type === "submodule")
    return [note(`${place.path} is a submodule at ${stat.id}: another repository.`)];
  const most = imageTypeOf(stat.name) ? MOST_PICTURE_BYTES : MOST_BYTES;
  const isCut = stat.size_bytes > most;
  const file = await trunks.files.read(isCut ? { ...at, range: { start: 0, end: most } } : at);
  return showFile(trunks, place, file);
}

async function showDirectory(trunks: Trunks, place: Place): Promise<Node[]> {
  const at = { path: place.path, ...(place.ref && { ref: place.ref }) };
  const [latest, { data, has_more: isCut }] = await Promise.all([
    place.path === "" ? showLatest(trunks, place) : undefined,
    trunks.files.list({ ...at, limit: MOST_ENTRIES }),
  ]);
  const readme = data.find(
    ({ name, type }) => type === "file" && /^readme(\.(md|markdown|txt))?$/i.test(name),
  );
  const shown: Node[] = [...(latest ? [latest] : []), directory(place, data)];
  if (isCut) shown.push(note(`Only the first ${MOST_ENTRIES} are shown.`));
  if (readme) {
    const range = { start: 0, end: MOST_BYTES };
    const file = await trunks.files.read({ ...at, path: readme.path, range });
    const text = await textOf(trunks, { ...place, path: readme.path }, file, true);
    const title = h(
      "h2",
      { class: "title" },
      h("a", { href: addressOf({ ...place, path: readme.path }) }, readme.name),
    );
    shown.push(h("section", { class: "readme", "aria-label": readme.name }, title, text));
  }
  return shown;
}

const KINDS = { directory: "directory", file: "file", symlink: "link", submodule: "submodule" };

function directory(place: Place, entries: FileEntry[]): HTMLElement {
  if (entries.length === 0) return note("Nothing is here yet.");
  const isDirectory = (entry: FileEntry) => (entry.type === "directory" ? 0 : 1);
  const sorted = entries.toSorted((a, b) => isDirectory(a) - isDirectory(b));
  const rows = sorted.map((entry) => {
    const sign = h("span", { class: "sign", role: "img", "aria-label": KINDS[entry.type] });
    const link = h("a", { href: addressOf({ ...place, path: entry.path }), class: "item" }, entry.name);
    return h("li", { class: entry.type }, sign, link);
  });
  return h("ul", { class: "entries", "aria-label": "Files" }, ...rows);
}

async function showFile(trunks: Trunks, place: Place, file: FileContent): Promise<Node[]> {
  const isCut = file.bytes.length < file.size_bytes;
  const isExecutable = file.mode === "100755";
  const bar = h("p", { class: "facts" }, `${sizeOf(file.size_bytes)}${isExecutable ? ", executable" : ""} `);
  bar.append(download(trunks, place, file, bar));
  if (file.type === "symlink") return [bar, linkTo(place, file.text())];
  const shown: Node[] = [bar];
  const kind = imageTypeOf(file.name);
  if (isCut && !kind) shown.push(note(`Only the first ${sizeOf(file.bytes.length)} are read and shown.`));
  shown.push(isCut && kind ? note("Too large to show here.") : await textOf(trunks, place, file, false));
  return shown;
}

/** A way to keep the file, which is read to its end for that. */
function download(trunks: Trunks, place: Place, file: FileContent, bar: HTMLElement): HTMLElement {
  const link = (bytes: Uint8Array) =>
    h("a", { href: urlOf(bytes, "application/octet-stream"), download: file.name }, "Download");
  if (file.bytes.length === file.size_bytes) return link(file.bytes);
  const button = h("button", { type: "button", class: "quiet" }, "Download");
  button.addEventListener("click", () => {
    button.disabled = true;
    void orSay(bar, async () => {
      const whole = await trunks.files.read({ path: file.path, ...(place.ref && { ref: place.ref }) });
      const ready = link(whole.bytes);
      button.replaceWith(ready);
      ready.click();
    });
  });
  return button;
}

/** Where a symbolic link leads. */
function linkTo(place: Place, target: string): HTMLElement {
  const path = target.startsWith("/")
    ? undefined
    : within(place.path, target.split("/").map(encodeURIComponent).join("/"));
  const shown =
    path === undefined ? target : h("a", { href: addressOf({ ...place, path }), class: "item" }, target);
  return h("p", {}, "A link to ", shown);
}

function imageTypeOf(name: string): string | undefined {
  return IMAGES.get(endingOf(name));
}

function endingOf(name: string): string {
  return /\.([^./]+)$/.exec(name)?.[1]?.toLowerCase() ?? "";
}

async function textOf(
  trunks: Trunks,
  place: Place,
  file: FileContent,
  isReadme: boolean,
): Promise<HTMLElement> {
  const kind = imageTypeOf(file.name);
  if (kind) return h("img", { class: "picture", src: urlOf(file.bytes, kind), alt: file.name });
  if (file.size_bytes === 0) return note("The file is empty.");
  if (file.bytes.subarray(0, 8000).includes(0)) return note("A binary file.");
  const text = file.text();
  if (/^(md|markdown)$/.test(endingOf(file.name))) {
    const load = async (path: string) => {
      const type = imageTypeOf(path);
      if (!type) return undefined;
      const image = await trunks.files
        .read({ path, ...(place.ref && { ref: place.ref }) })
        .catch(() => undefined);
      return image && urlOf(image.bytes, type);
    };
    return rendered(text, place, load);
  }
  return isReadme ? h("pre", { class: "plain" }, text) : source(text, file.path);
}

/** Source code with numbers of lines, which can be linked to. */
function source(text: string, path: string): HTMLElement {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  const isCut = lines.length > MOST_LINES;
  const shown = isCut ? lines.slice(0, MOST_LINES) : lines;
  const numbers = h("div", { class: "numbers", "aria-hidden": "true" });
  numbers.append(...shown.map((_, at) => h("a", { href: `#L${at + 1}`, id: `L${at + 1}` }, `${at + 1}`)));
  const code = h("code");
  const colours = highlighted(shown.join("\n"), path);
  // It has escaped all that it was given.
  if (colours === undefined) code.textContent = shown.join("\n");
  else code.innerHTML = colours;
  const box = h("div", { class: "source" }, numbers, h("pre", { tabindex: "0" }, code));
  return isCut ? h("div", {}, box, note(`${lines.length - MOST_LINES} lines more.`)) : box;
}
