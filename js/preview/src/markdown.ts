// A README as HTML: what could run or call home is taken out.

import DOMPurify from "dompurify";
import { Marked } from "marked";
import { highlighted } from "./highlight.js";
import { addressOf, type Place } from "./place.js";

/** Images of a README that are read from the repository, at most: each costs requests. */
const MOST_IMAGES = 12;

/** Boxes of task lists are characters: an input would be a form of somebody else's in this page. */
const marked = new Marked({
  gfm: true,
  renderer: { checkbox: ({ checked }) => (checked ? "\u2611 " : "\u2610 ") },
});

/**
 * The text as elements. Links into the repository lead to their places here, and images of the repository
 * are read by `load`; others are not shown, so that nobody learns who reads.
 */
export async function rendered(
  text: string,
  place: Place,
  load: (path: string) => Promise<string | undefined>,
): Promise<HTMLElement> {
  const html = await marked.parse(text);
  const forbidden = {
    FORBID_TAGS: ["style", "form", "input", "button", "select", "textarea"],
    FORBID_ATTR: ["style"],
  };
  const clean = DOMPurify.sanitize(html, { RETURN_DOM: true, ...forbidden }) as HTMLElement;
  const article = document.createElement("article");
  article.className = "markdown";
  const images = [...clean.querySelectorAll("img")];
  // They are not in the page yet, so nothing was asked for.
  const sources = images.map((image) => image.getAttribute("src") ?? "");
  images.forEach((image) => {
    image.removeAttribute("src");
    if (!image.hasAttribute("alt")) image.alt = "";
  });
  article.append(...clean.childNodes);
  name(article);
  colour(article);
  for (const link of article.querySelectorAll("a")) {
    const target = link.getAttribute("href") ?? "";
    const path = within(place.path, target);
    const [, fragment = ""] = /^[^#]*(#.*)$/.exec(target) ?? [];
    if (path !== undefined) link.href = addressOf({ ...place, path, view: "files" }) + fragment;
    else if (!target.startsWith("#")) link.rel = "noopener noreferrer";
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

/** Lets headings be linked to, by the names that other sites give them too. */
function name(article: HTMLElement): void {
  const seen = new Map<string, number>();
  for (const heading of article.querySelectorAll("h1, h2, h3, h4, h5, h6")) {
    const words = (heading.textContent ?? "").trim().toLowerCase();
    const slug = words.replace(/[^\p{L}\p{N}\s_-]/gu, "").replace(/\s/g, "-");
    const before = seen.get(slug) ?? 0;
    seen.set(slug, before + 1);
    heading.id = before === 0 ? slug : `${slug}-${before}`;
  }
}

/** Colours the examples that say their language. */
function colour(article: HTMLElement): void {
  for (const code of article.querySelectorAll("pre > code[class^=language-]")) {
    const language = code.className.slice("language-".length);
    // It has escaped all that it was given.
    const colours = highlighted(code.textContent ?? "", `.${language}`);
    if (colours !== undefined) code.innerHTML = colours;
  }
}

/** The path in the repository that a link of the file at `path` leads to; nothing if it leads elsewhere. */
export function within(path: string, target: string): string | undefined {
  if (target === "" || target.startsWith("#") || /^[a-z][a-z0-9+.-]*:|^\/\//i.test(target)) return undefined;
  const base = `https://inside.invalid/${path.split("/").map(encodeURIComponent).join("/")}`;
  try {
    const { pathname } = new URL(target.replace(/[?#].*$/, ""), base);
    return decodeURIComponent(pathname).replace(/^\/+|\/+$/g, "");
  } catch {
    // It is no link at all, such as one with a stray percent sign.
    return undefined;
  }
}
