// History, and what a commit changed.

import type { Commit, FileChange, Hunk, Trunks } from "@layerbrain/trunks";
import { h, timeOf } from "./dom.js";
import { note } from "./files.js";
import { addressOf, type Place } from "./place.js";

const PAGE = 30;
/** Files of a commit whose differences are read at once; others when they are asked for. */
const SHOWN_CHANGES = 10;

/** The commits that lead here, or those that changed what lies at the path. */
export async function showLog(trunks: Trunks, place: Place): Promise<Node[]> {
  const list = h("ol", { class: "commits", "aria-label": "Commits" });
  const more = h("button", { type: "button", onclick: () => void add() }, "Older commits");
  let offset = 0;
  const add = async () => {
    more.disabled = true;
    const asked = {
      limit: PAGE,
      offset,
      ...(place.ref && { ref: place.ref }),
      ...(place.path && { path: place.path }),
    };
    const page = await trunks.commits.list(asked);
    list.append(...page.data.map((commit) => entry(place, commit)));
    offset += page.data.length;
    more.disabled = false;
    more.hidden = !page.has_more;
  };
  await add();
  return [list, more];
}

function entry(place: Place, commit: Commit): HTMLElement {
  const [title = ""] = commit.message.split("\n");
  const href = addressOf({ ...place, ref: commit.id, view: "commit", path: "" });
  return h(
    "li",
    {},
    h("a", { href, class: "item" }, title || "(no message)"),
    h("span", { class: "who" }, commit.author.name, " ", h("time", {}, timeOf(commit.author))),
    h("code", {}, commit.id.slice(0, 10)),
  );
}

/** A commit and its differences from its first parent, side by side. */
export async function showCommit(trunks: Trunks, place: Place): Promise<Node[]> {
  const [commit, changes] = await Promise.all([
    trunks.commits.get({ id: place.ref }),
    trunks.commits.diff({ to: place.ref, limit: 1000 }),
  ]);
  const [title = "", ...rest] = commit.message.trimEnd().split("\n");
  const parents = commit.parents.map((parent) =>
    h("a", { href: addressOf({ ...place, ref: parent, view: "commit", path: "" }) }, parent.slice(0, 10)),
  );
  const count = `${changes.total_count}${changes.has_more ? "+" : ""} ${changes.total_count === 1 ? "file" : "files"} changed`;
  const head = h(
    "section",
    { class: "commit" },
    h("h2", {}, title),
    rest.length > 0 && h("pre", { class: "plain" }, rest.join("\n").trim()),
    h("p", { class: "facts" }, `${commit.author.name} <${commit.author.email}>, ${timeOf(commit.author)}`),
    h(
      "p",
      { class: "facts" },
      "Commit ",
      h("code", {}, commit.id),
      " ",
      h("a", { href: addressOf({ ...place, view: "files", path: "" }) }, "Files"),
      parents.length > 0 && " Parents ",
      ...parents.flatMap((parent) => [parent, " "]),
    ),
    h("p", { class: "facts" }, count),
  );
  const shown = await Promise.all(
    changes.data.map((change, at) => showChange(trunks, change, at < SHOWN_CHANGES)),
  );
  return [head, ...shown];
}

async function showChange(trunks: Trunks, change: FileChange, isRead: boolean): Promise<HTMLElement> {
  const path = change.old_path ? `${change.old_path} → ${change.path}` : change.path;
  const box = h(
    "details",
    { class: "change" },
    h("summary", { class: "item" }, h("b", { class: change.kind }, change.kind), " ", path),
  );
  const fill = async () => {
    const { kind, hunks } = await trunks.commits.compare({ change });
    if (kind === "binary") box.append(note("A binary file."));
    else if (kind === "too-large") box.append(note("Too large to compare here."));
    else if (hunks.length === 0)
      box.append(
        note(
          change.old?.mode === change.new?.mode
            ? "The same content."
            : `Mode ${change.old?.mode ?? "none"} → ${change.new?.mode ?? "none"}`,
        ),
      );
    else box.append(sideBySide(hunks));
  };
  if (isRead) {
    await fill();
    box.open = true;
  } else {
    box.addEventListener("toggle", () => void fill(), { once: true });
  }
  return box;
}

/** Lines that differ next to each other, those of both files once on each side. */
function sideBySide(hunks: Hunk[]): HTMLElement {
  const body = h("tbody");
  for (const hunk of hunks) {
    body.append(
      h("tr", { class: "gap" }, h("td", { colspan: "4" }, `@@ -${hunk.old_start} +${hunk.new_start} @@`)),
    );
    let [old, now] = [hunk.old_start, hunk.new_start];
    let removed: string[] = [];
    let added: string[] = [];
    const flush = () => {
      for (let at = 0; at < Math.max(removed.length, added.length); at++) {
        const [left, right] = [removed[at], added[at]];
        body.append(
          h(
            "tr",
            {},
            ...cell(left === undefined ? undefined : old++, left, "old"),
            ...cell(right === undefined ? undefined : now++, right, "new"),
          ),
        );
      }
      [removed, added] = [[], []];
    };
    const lines = hunk.text.split("\n");
    if (lines.at(-1) === "") lines.pop();
    for (const line of lines) {
      const text = line.slice(1);
      if (line.startsWith("-")) removed.push(text);
      else if (line.startsWith("+")) added.push(text);
      else if (line.startsWith(" ")) {
        flush();
        body.append(h("tr", {}, ...cell(old++, text, "same"), ...cell(now++, text, "same")));
      }
    }
    flush();
  }
  const columns = h(
    "colgroup",
    {},
    ...["number", "text", "number", "text"].map((kind) => h("col", { class: kind })),
  );
  return h("div", { class: "diff", tabindex: "0" }, h("table", {}, columns, body));
}

function cell(number: number | undefined, text: string | undefined, kind: string): HTMLElement[] {
  const isThere = text !== undefined;
  return [
    h("td", { class: "number" }, isThere ? `${number}` : ""),
    h("td", { class: isThere ? kind : "none" }, text ?? ""),
  ];
}
