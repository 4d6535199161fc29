// What `trunks init` and `trunks storage add` have saved of the git repository that this program runs in.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Store } from "#core";
import { TrunksError } from "./api/error.js";
import { Disk } from "./store/disk/index.js";
import { S3 } from "./store/s3/index.js";

const DIRECTORY = ".trunks";
const VERSION = 1;

interface Saved {
  version: number;
  repo: string;
  storages: { name: string; url: string; mirror?: boolean; options?: Record<string, string> }[];
}

/**
 * The store that git pushes to from `cwd`, and the repository's name in it. `repo`: which one, where several
 * are set up.
 *
 * Fails where a push would have to reach mirrors too, which is the command's work.
 */
export function storageHere(cwd: string, repo?: string): { repo: string; store: Store } {
  const root = rootOf(resolve(cwd));
  const saved = root === undefined ? [] : readAll(join(root, DIRECTORY));
  const found = saved.filter((settings) => repo === undefined || settings.repo === repo);
  const [settings] = found;
  if (!settings) {
    throw new TrunksError("not-found", `no storage is set up in ${cwd}: run trunks init, or give a store`);
  }
  if (found.length > 1) {
    const names = found.map((each) => each.repo).join(", ");
    throw new TrunksError("invalid", `several repositories are set up in ${cwd}, so name one: ${names}`);
  }
  if (settings.version !== VERSION) {
    throw new TrunksError("failed", `the settings of ${settings.repo} are of another version of trunks`);
  }
  const primary = settings.storages.find((storage) => storage.mirror !== true);
  if (!primary) {
    throw new TrunksError("not-found", `${settings.repo} has no storage yet: run trunks storage add`);
  }
  if (settings.storages.some((storage) => storage.mirror === true)) {
    throw new TrunksError(
      "refused",
      `${settings.repo} has mirrors, which only git push through trunks reaches`,
    );
  }
  return { repo: settings.repo, store: storeAt(primary.url, primary.options) };
}

/** The store at a URL as the command takes it: `local:///dir`, `file:///dir`, `s3://bucket/prefix`, `r2://bucket`. */
export function storeAt(url: string, options: Record<string, string> = {}): Store {
  const [, scheme = "", rest = ""] = /^(\w+):\/\/([^?#]*)/.exec(url) ?? [];
  if (scheme === "local" || scheme === "file") return new Disk(decodeURIComponent(rest));
  if (scheme !== "s3" && scheme !== "r2") {
    throw new TrunksError("invalid", `there is no store for ${scheme || url} in JavaScript`);
  }
  const { env } = process;
  const [bucket = "", ...prefix] = rest.split("/").map(decodeURIComponent);
  const key =
    scheme === "r2" && env["R2_ACCESS_KEY_ID"]
      ? { id: env["R2_ACCESS_KEY_ID"], secret: env["R2_SECRET_ACCESS_KEY"], token: env["R2_SESSION_TOKEN"] }
      : {
          id: env["AWS_ACCESS_KEY_ID"],
          secret: env["AWS_SECRET_ACCESS_KEY"],
          token: env["AWS_SESSION_TOKEN"],
        };
  const said = {
    endpoint:
      options["endpoint"] ??
      (scheme === "s3" ? (env["AWS_ENDPOINT_URL_S3"] ?? env["AWS_ENDPOINT_URL"]) : undefined),
    region:
      options["region"] ?? (scheme === "s3" ? (env["AWS_REGION"] ?? env["AWS_DEFAULT_REGION"]) : undefined),
    accountId:
      scheme === "r2"
        ? (options["account_id"] ?? env["R2_ACCOUNT_ID"] ?? env["CLOUDFLARE_ACCOUNT_ID"])
        : undefined,
    sessionToken: options["session_token"] ?? (options["access_key"] ? undefined : key.token),
  };
  const known = Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
  return new S3({
    bucket,
    prefix: prefix.join("/"),
    accessKeyId: options["access_key"] ?? key.id ?? "",
    secretAccessKey: options["secret_key"] ?? key.secret ?? "",
    ...known,
  });
}

/** The directory at `cwd` or above that holds settings. */
function rootOf(cwd: string): string | undefined {
  for (let directory = cwd; ; directory = dirname(directory)) {
    if (existsSync(join(directory, DIRECTORY))) return directory;
    if (directory === dirname(directory)) return undefined;
  }
}

function readAll(directory: string): Saved[] {
  const names = readdirSync(directory, { recursive: true, encoding: "utf8" });
  return names
    .filter((name) => name.endsWith(".trunk"))
    .sort()
    .map((name) => {
      try {
        return JSON.parse(readFileSync(join(directory, name), "utf8")) as Saved;
      } catch {
        // What the file holds may be a secret, so only the place is told.
        throw new TrunksError("failed", `${join(directory, name)} cannot be read as settings`);
      }
    });
}
