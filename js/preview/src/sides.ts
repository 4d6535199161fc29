// Differences of a file, side by side.

import type { Hunk } from "@layerbrain/trunks";
import { h } from "./dom.js";

/** A line of the old file and one of the new, or one of them alone. */
interface Row {
  old?: Line;
  new?: Line;
  isSame: boolean;
}

interface Line {
  number: number;
  text: string;
  /** Whether the file ends here, without a line break. */
  isCut?: boolean;
}

/** How many lines were added and removed. */
export function countOf(hunks: Hunk[]): HTMLElement {
  const count = (sign: string) =>
    hunks.reduce((sum, { text }) => sum + text.split("\n").filter((line) => line.startsWith(sign)).length, 0);
  const [added, removed] = [count("+"), count("-")];
  return h(
    "span",
    { class: "count", "aria-label": `${added} lines added, ${removed} removed` },
    added > 0 && h("span", { class: "added" }, `+${added}`),
    removed > 0 && h("span", { class: "removed" }, `\u2212${removed}`),
  );
}

/** Lines that differ next to each other. Where one file has none at all, the other has all the room. */
export function sideBySide(hunks: Hunk[]): HTMLElement {
  const has = (side: "old_lines" | "new_lines") => hunks.some((hunk) => hunk[side] > 0);
  const sides = (["old", "new"] as const).filter((side) => has(`${side}_lines`));
  const body = h("tbody");
  for (const hunk of hunks) {
    const isWhole = sides.length === 1 && hunks.length === 1;
    if (!isWhole) {
      const gap = `@@ -${hunk.old_start},${hunk.old_lines} +${hunk.new_start},${hunk.new_lines} @@`;
      body.append(h("tr", { class: "gap" }, h("td", { colspan: `${2 * sides.length}` }, gap)));
    }
    for (const row of rowsOf(hunk)) {
      body.append(h("tr", {}, ...sides.flatMap((side) => cells(row[side], row.isSame ? "same" : side))));
    }
  }
  const columns = sides.flatMap(() => ["number", "text"]).map((kind) => h("col", { class: kind }));
  const table = h(
    "table",
    { class: sides.length === 1 ? "single" : "double" },
    h("colgroup", {}, ...columns),
    body,
  );
  return h("div", { class: "diff", tabindex: "0", role: "region", "aria-label": "Differences" }, table);
}

/** The lines of a hunk in pairs. */
function rowsOf(hunk: Hunk): Row[] {
  const rows: Row[] = [];
  let [old, now] = [hunk.old_start, hunk.new_start];
  let removed: Line[] = [];
  let added: Line[] = [];
  let last: Line[] = [];
  const flush = () => {
    for (let at = 0; at < Math.max(removed.length, added.length); at++) {
      const [left, right] = [removed[at], added[at]];
      rows.push({ ...(left && { old: left }), ...(right && { new: right }), isSame: false });
    }
    [removed, added] = [[], []];
  };
  const lines = hunk.text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  for (const line of lines) {
    const text = line.slice(1);
    if (line.startsWith("-")) removed.push(...(last = [{ number: old++, text }]));
    else if (line.startsWith("+")) added.push(...(last = [{ number: now++, text }]));
    else if (line.startsWith(" ")) {
      flush();
      const [left, right] = [
        { number: old++, text },
        { number: now++, text },
      ];
      last = [left, right];
      rows.push({ old: left, new: right, isSame: true });
    } else for (const ended of last) ended.isCut = true;
  }
  flush();
  return rows;
}

function cells(line: Line | undefined, kind: string): HTMLElement[] {
  return [
    h("td", { class: "number" }, line ? `${line.number}` : ""),
    h(
      "td",
      { class: line ? kind : "none" },
      line?.text ?? "",
      line?.isCut === true && h("span", { class: "cut" }, " (no line break at the end)"),
    ),
  ];
}
