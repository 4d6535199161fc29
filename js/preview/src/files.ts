// Directories and files.

import type { FileContent, FileEntry, Trunks } from "@layerbrain/trunks";
import { h, sizeOf } from "./dom.js";
import { highlighted } from "./highlight.js";
import { rendered } from "./markdown.js";
import { addressOf, type Place } from "./place.js";

/** Of a longer file, only the beginning is read, unless all is asked for. */
const MOST_BYTES = 2_000_000;
const MOST_LINES = 20_000;

const IMAGES: Record<string, string> = {
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  gif: "image/gif",
  webp: "image/webp",
  svg: "image/svg+xml",
  avif: "image/avif",
  ico: "image/x-icon",
  bmp: "image/bmp",
};

/** What lies at a place: a directory with its README, or a file. */
export async function showFiles(trunks: Trunks, place: Place): Promise<Node[]> {
  const at = { path: place.path, ...(place.ref && { ref: place.ref }) };
  const stat = place.path === "" ? undefined : await trunks.files.stat(at);
  if (stat && stat.type !== "directory") {
    if (stat.type === "submodule")
      return [note(`${place.path} is a submodule at ${stat.id}: another repository.`)];
    const isCut = stat.size_bytes > MOST_BYTES;
    const file = await trunks.files.read(isCut ? { ...at, range: { start: 0, end: MOST_BYTES } } : at);
    return showFile(trunks, place, file);
  }
  const { data } = await trunks.files.list({ ...at, limit: 10_000 });
  const readme = data.find(
    ({ name, type }) => type === "file" && /^readme(\.(md|markdown|txt))?$/i.test(name),
  );
  const shown: Node[] = [directory(place, data)];
  if (readme) {
    const file = await trunks.files.read({ ...at, path: readme.path });
    shown.push(h("h2", {}, readme.name), await textOf(trunks, { ...place, path: readme.path }, file, true));
  }
  return shown;
}

function directory(place: Place, entries: FileEntry[]): HTMLElement {
  if (entries.length === 0) return note("Nothing is here yet.");
  const isDirectory = (entry: FileEntry) => (entry.type === "directory" ? 0 : 1);
  const sorted = entries.toSorted((a, b) => isDirectory(a) - isDirectory(b));
  const rows = sorted.map((entry) => {
    const sign = { directory: "▸", file: "", symlink: "→", submodule: "◆" }[entry.type];
    const link = h("a", { href: addressOf({ ...place, path: entry.path }), class: "item" }, entry.name);
    return h("li", { class: entry.type }, h("span", { class: "sign", "aria-hidden": "true" }, sign), link);
  });
  return h("ul", { class: "entries", "aria-label": "Files" }, ...rows);
}

async function showFile(trunks: Trunks, place: Place, file: FileContent): Promise<Node[]> {
  const facts = [
    sizeOf(file.size_bytes),
    file.mode === "100755" ? "executable" : "",
    file.type === "symlink" ? "link" : "",
  ];
  const isCut = file.bytes.length < file.size_bytes;
  const bar = h(
    "p",
    { class: "facts" },
    facts.filter((fact) => fact).join(", "),
    " ",
    !isCut && h("a", { href: urlOf(file, "application/octet-stream"), download: file.name }, "Download"),
  );
  const shown: Node[] = [bar];
  if (isCut) shown.push(note(`Only the first ${sizeOf(file.bytes.length)} are read and shown.`));
  shown.push(await textOf(trunks, place, file, false));
  return shown;
}

async function textOf(
  trunks: Trunks,
  place: Place,
  file: FileContent,
  isReadme: boolean,
): Promise<HTMLElement> {
  const ending = /\.([^./]+)$/.exec(file.name)?.[1]?.toLowerCase() ?? "";
  const kind = IMAGES[ending];
  if (kind) return h("img", { class: "picture", src: urlOf(file, kind), alt: file.name });
  if (file.bytes.subarray(0, 8000).includes(0)) return note("A binary file.");
  const text = file.text();
  if (/^(md|markdown)$/.test(ending)) {
    const load = async (path: string) => {
      const type = IMAGES[/\.([^./]+)$/.exec(path)?.[1]?.toLowerCase() ?? ""];
      if (!type) return undefined;
      const image = await trunks.files
        .read({ path, ...(place.ref && { ref: place.ref }) })
        .catch(() => undefined);
      return image && urlOf(image, type);
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

function urlOf({ bytes }: FileContent, type: string): string {
  return URL.createObjectURL(new Blob([bytes as BlobPart], { type }));
}

export function note(text: string): HTMLElement {
  return h("p", { class: "note" }, text);
}
