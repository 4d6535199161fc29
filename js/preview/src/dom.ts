// Making elements. Text is only ever text: nothing of a repository is parsed as HTML here.

type Child = Node | string | null | undefined | false;

/** An element with attributes and children. Handlers are given as functions: `onclick`. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, string | boolean | ((event: Event) => void) | undefined> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (typeof value === "string") element.setAttribute(name, value);
  }
  element.append(...children.filter((child): child is Node | string => child != null && child !== false));
  return element;
}

/** A sentence instead of what cannot be shown. */
export function note(text: string): HTMLElement {
  return h("p", { class: "note" }, text);
}

/** A length as people read it. */
export function sizeOf(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** A time as people read it, in its own zone. */
export function timeOf({
  time_s: timeS,
  zone_minutes: zone,
}: {
  time_s: number;
  zone_minutes: number;
}): string {
  const there = new Date((timeS + zone * 60) * 1000);
  return Number.isNaN(there.getTime()) ? "" : there.toISOString().slice(0, 16).replace("T", " ");
}

let urls: string[] = [];
let before: string[] = [];

/** An address of these bytes, for as long as the place that it was made for is shown. */
export function urlOf(bytes: Uint8Array, type: string): string {
  const url = URL.createObjectURL(new Blob([bytes as BlobPart], { type }));
  urls.push(url);
  return url;
}

/** Says that what `urlOf` makes from now on is of another place. */
export function beginUrls(): void {
  before.push(...urls);
  urls = [];
}

/** Lets go of what belongs to places before, which are not shown any more. */
export function endUrls(): void {
  for (const url of before) URL.revokeObjectURL(url);
  before = [];
}

/** What `work` comes to is shown by itself; an error is shown in `where`. */
export async function orSay(where: HTMLElement, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    where.append(h("p", { class: "note", role: "alert" }, `This did not work: ${message}`));
  }
}
