// A README as HTML: what could run or call home is taken out.

import DOMPurify from "dompurify";
import { marked } from "marked";
import { addressOf, type Place } from "./place.js";

/** Images of a README that are read from the repository, at most: each costs requests. */
const MOST_IMAGES = 12;

/**
 * The text as elements. Links into the repository lead to their places here, and images of the repository
 * are read by `load`; others are not shown, so that nobody learns who reads.
 */
export async function rendered(
  text: string,
  place: Place,
  load: (path: string) => Promise<string | undefined>,
): Promise<HTMLElement> {
  const html = await marked.parse(text, { gfm: true });
  const forbidden = { FORBID_TAGS: ["style", "form", "input"], FORBID_ATTR: ["style"] };
  const clean = DOMPurify.sanitize(html, { RETURN_DOM: true, ...forbidden }) as HTMLElement;
  const article = document.createElement("article");
  article.className = "markdown";
  const images = [...clean.querySelectorAll("img")];
  // They are not in the page yet, so nothing was asked for.
  const sources = images.map((image) => image.getAttribute("src") ?? "");
  images.forEach((image) => image.removeAttribute("src"));
  article.append(...clean.childNodes);
  for (const link of article.querySelectorAll("a")) {
    const target = link.getAttribute("href") ?? "";
    const path = within(place.path, target);
    if (path !== undefined) link.href = addressOf({ ...place, path, view: "files" });
    else link.rel = "noopener noreferrer";
  }
  let left = MOST_IMAGES;
  images.forEach((image, at) => {
    const path = within(place.path, sources[at] ?? "");
    if (path === undefined || left-- <= 0) return;
    void load(path).then((url) => {
      if (url) image.src = url;
    });
  });
  return article;
}

/** The path in the repository that a link of the file at `path` leads to; nothing if it leads elsewhere. */
export function within(path: string, target: string): string | undefined {
  if (target === "" || target.startsWith("#") || /^[a-z][a-z0-9+.-]*:|^\/\//i.test(target)) return undefined;
  const base = new URL(`https://inside.invalid/${path.split("/").map(encodeURIComponent).join("/")}`);
  return decodeURIComponent(new URL(target.replace(/[?#].*$/, ""), base).pathname).replace(/^\/+|\/+$/g, "");
}
