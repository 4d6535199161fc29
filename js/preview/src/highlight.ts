// Colours for source code.

import hljs from "highlight.js/lib/core";
import bash from "highlight.js/lib/languages/bash";
import c from "highlight.js/lib/languages/c";
import cpp from "highlight.js/lib/languages/cpp";
import css from "highlight.js/lib/languages/css";
import go from "highlight.js/lib/languages/go";
import ini from "highlight.js/lib/languages/ini";
import java from "highlight.js/lib/languages/java";
import javascript from "highlight.js/lib/languages/javascript";
import json from "highlight.js/lib/languages/json";
import markdown from "highlight.js/lib/languages/markdown";
import python from "highlight.js/lib/languages/python";
import ruby from "highlight.js/lib/languages/ruby";
import rust from "highlight.js/lib/languages/rust";
import sql from "highlight.js/lib/languages/sql";
import typescript from "highlight.js/lib/languages/typescript";
import xml from "highlight.js/lib/languages/xml";
import yaml from "highlight.js/lib/languages/yaml";

const languages = {
  bash,
  c,
  cpp,
  css,
  go,
  ini,
  java,
  javascript,
  json,
  markdown,
  python,
  ruby,
  rust,
  sql,
  typescript,
  xml,
  yaml,
};
for (const [name, language] of Object.entries(languages)) hljs.registerLanguage(name, language);

const OTHERS = new Map<string, keyof typeof languages>(
  Object.entries({
    console: "bash",
    h: "c",
    hpp: "cpp",
    cc: "cpp",
    mjs: "javascript",
    cjs: "javascript",
    jsx: "javascript",
    tsx: "typescript",
    mts: "typescript",
    toml: "ini",
    cfg: "ini",
    zsh: "bash",
    svg: "xml",
    html: "xml",
    lock: "ini",
    wit: "rust",
  } as const),
);

/** Longer texts stay plain: colouring them would hold up the page. */
const MOST_CHARACTERS = 300_000;

/** The text in lines of coloured pieces, as HTML that highlight.js has escaped; nothing to leave it plain. */
export function highlighted(text: string, path: string): string | undefined {
  const ending = /\.([^./]+)$/.exec(path)?.[1]?.toLowerCase() ?? "";
  const language = OTHERS.get(ending) ?? (hljs.getLanguage(ending) ? ending : undefined);
  if (!language || text.length > MOST_CHARACTERS) return undefined;
  return hljs.highlight(text, { language, ignoreIllegals: true }).value;
}
