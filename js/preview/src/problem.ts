// What went wrong, and what to do about it.

import { h } from "./dom.js";

const CORS = `[{ "AllowedOrigins": ["*"], "AllowedMethods": ["GET", "HEAD"],
   "AllowedHeaders": ["Range"], "ExposeHeaders": ["Content-Range", "ETag"] }]`;

interface Explained {
  kind: string;
  title: string;
  advice: (string | Node)[];
}

/** A page that says what an error means to who reads. */
export function showProblem(error: unknown): HTMLElement {
  const { kind, title, advice } = explain(error);
  const message = error instanceof Error ? error.message : String(error);
  return h(
    "section",
    { class: "problem", role: "alert", "data-problem": kind },
    h("h2", {}, title),
    ...advice.map((part) => (typeof part === "string" ? h("p", {}, part) : part)),
    h("pre", { class: "plain" }, message),
  );
}

function explain(error: unknown): Explained {
  const { code = "", message = "" } = error as { code?: string; message?: string };
  if (code === "unavailable") {
    return {
      kind: "unreachable",
      title: "The repository cannot be reached",
      advice: [
        "There is no network, no such host, or the host does not allow other sites to read it (CORS). A page is not told which.",
        "If it is yours, let the bucket or web server be read from other sites, such as by this rule:",
        h("pre", { class: "plain" }, CORS),
      ],
    };
  }
  if (code === "denied") {
    return {
      kind: "private",
      title: "The repository is private",
      advice: ["Its host lets nobody read it without credentials, which this page has none of."],
    };
  }
  if (code === "not-found" && /^repository .* does not exist/.test(message)) {
    return {
      kind: "wrong-url",
      title: "There is no repository here",
      advice: [
        "Look at the URL: it leads to a directory that ends in .trunk or .git and holds a file called HEAD.",
      ],
    };
  }
  if (code === "not-found")
    return {
      kind: "missing",
      title: "There is no such file or commit",
      advice: ["It may lie on another branch, or have gone."],
    };
  if (code === "failed" && /update-server-info/.test(message)) {
    return {
      kind: "not-static",
      title: "The repository does not say what it holds",
      advice: [
        "Without a server nothing can be listed. Make it static, so that it keeps a list of its branches and packs.",
      ],
    };
  }
  if (code === "failed" && /no repository|is not a URL|must begin/.test(message)) {
    return {
      kind: "wrong-url",
      title: "There is no repository here",
      advice: ["The URL leads to something else."],
    };
  }
  if (code === "corrupt")
    return {
      kind: "corrupt",
      title: "The repository is damaged",
      advice: ["What is stored is not what it should be. Its owner finds out more with: trunks check"],
    };
  return { kind: "other", title: "This did not work", advice: [] };
}
