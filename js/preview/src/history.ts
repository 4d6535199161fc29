// History, and what a commit changed.

import type { Commit, FileChange, Trunks } from "@layerbrain/trunks";
import { h, note, orSay, timeOf } from "./dom.js";
import { addressOf, type Place } from "./place.js";
import { countOf, sideBySide } from "./sides.js";

const PAGE = 30;
/** Files of a commit whose differences are read at once; others when they are asked for. */
const SHOWN_CHANGES = 10;
const MOST_CHANGES = 1000;

/** The commits that lead here, or those that changed what lies at the path. */
export async function showLog(trunks: Trunks, place: Place): Promise<Node[]> {
  const list = h("ol", { class: "commits", "aria-label": "Commits" });
  const more = h("button", { type: "button" }, "Older commits");
  const box = h("div", {}, list, more);
  let offset = 0;
  const add = async () => {
    const asked = {
      limit: PAGE,
      offset,
      ...(place.ref && { ref: place.ref }),
      ...(place.path && { path: place.path }),
    };
    const page = await trunks.commits.list(asked);
    list.append(...page.data.map((commit) => entry(place, commit)));
    offset += page.data.length;
    more.hidden = !page.has_more;
  };
  more.addEventListener("click", () => {
    more.disabled = true;
    void orSay(box, add).then(() => (more.disabled = false));
  });
  await add();
  return offset === 0 ? [note(`No commit here changed ${place.path}.`)] : [box];
}

/** The commit that a directory is shown of, on one line. */
export async function showLatest(trunks: Trunks, place: Place): Promise<HTMLElement> {
  const commit = await trunks.commits.get({ id: place.ref || "HEAD" });
  return h("ol", { class: "commits latest", "aria-label": "Latest commit" }, entry(place, commit, ""));
}

function entry(place: Place, commit: Commit, kind = "item"): HTMLElement {
  const href = addressOf({ ...place, ref: commit.id, view: "commit", path: "" });
  return h(
    "li",
    {},
    h("a", { href, class: kind }, titleOf(commit)),
    h("span", { class: "who" }, commit.author.name, " ", timeElement(commit)),
    h("code", {}, commit.id.slice(0, 10)),
  );
}

function titleOf({ message }: Commit): string {
  return message.trimStart().split("\n")[0] || "(no message)";
}

function timeElement({ author }: Commit): HTMLElement {
  const shown = timeOf(author);
  return h("time", shown ? { datetime: new Date(author.time_s * 1000).toISOString() } : {}, shown);
}

/** A commit and its differences from its first parent, side by side. */
export async function showCommit(trunks: Trunks, place: Place): Promise<Node[]> {
  const id = place.ref || "HEAD";
  const [commit, changes] = await Promise.all([
    trunks.commits.get({ id }),
    trunks.commits.diff({ to: id, limit: MOST_CHANGES, ...(place.path && { path: place.path }) }),
  ]);
  const count = `${changes.total_count}${changes.has_more ? " or more" : ""} ${changes.total_count === 1 ? "file" : "files"} changed`;
  const shown = await Promise.all(
    changes.data.map((change, at) => showChange(trunks, change, at < SHOWN_CHANGES)),
  );
  const isMerge = commit.parents.length > 1;
  const facts = h("p", { class: "facts" }, isMerge ? `${count} since the first parent` : count);
  if (changes.has_more) shown.push(note(`Only the first ${MOST_CHANGES} files are shown.`));
  return [headOf(place, commit), facts, ...shown];
}

function headOf(place: Place, commit: Commit): HTMLElement {
  const body = commit.message.trim().split("\n").slice(1).join("\n").trim();
  const { author, committer } = commit;
  const at = (ref: string) => addressOf({ ...place, ref, view: "commit", path: "" });
  const parents = commit.parents.map((parent) => h("a", { href: at(parent) }, parent.slice(0, 10)));
  const isOther = author.name !== committer.name || author.email !== committer.email;
  return h(
    "section",
    { class: "box commit" },
    h("h2", {}, titleOf(commit)),
    body !== "" && h("pre", { class: "message" }, body),
    h("p", { class: "facts" }, `${author.name} <${author.email}>, `, timeElement(commit)),
    isOther && h("p", { class: "facts" }, `Committed by ${committer.name} <${committer.email}>`),
    h(
      "p",
      { class: "facts" },
      "Commit ",
      h("code", {}, commit.id),
      ...parents.flatMap((parent, number) => [
        number === 0 ? (parents.length > 1 ? ", parents " : ", parent ") : " ",
        parent,
      ]),
    ),
    h(
      "p",
      {},
      h("a", { href: addressOf({ ...place, ref: commit.id, view: "files", path: "" }) }, "Browse the files"),
    ),
  );
}

const SUBMODULE = "160000";

async function showChange(trunks: Trunks, change: FileChange, isRead: boolean): Promise<HTMLElement> {
  const path = change.old_path ? `${change.old_path} → ${change.path}` : change.path;
  const summary = h("summary", { class: "item" }, h("b", { class: change.kind }, change.kind), " ", path);
  const box = h("details", { class: "change" }, summary);
  const fill = () =>
    orSay(box, async () => {
      const { old, new: now } = change;
      if (old?.mode === SUBMODULE || now?.mode === SUBMODULE) {
        box.append(note(`A submodule: ${old?.id ?? "nothing"} → ${now?.id ?? "nothing"}`));
        return;
      }
      const isModeOther = old && now && old.mode !== now.mode;
      if (isModeOther) box.append(note(`Mode ${old.mode} → ${now.mode}`));
      const { kind, hunks } = await trunks.commits.compare({ change });
      if (kind === "binary") box.append(note("A binary file."));
      else if (kind === "too-large") box.append(note("Too large to compare here."));
      else if (hunks.length > 0) {
        summary.append(countOf(hunks));
        box.append(sideBySide(hunks));
      } else if (!isModeOther) box.append(note(old && now ? "The same content." : "An empty file."));
    });
  if (isRead) {
    await fill();
    box.open = true;
  } else {
    box.addEventListener("toggle", () => void fill(), { once: true });
  }
  return box;
}
