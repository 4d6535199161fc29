// Requests to a static host: tried again while that may help, and explained when it does not.

import type { ByteRange } from "#core";
import { StoreError } from "../error.js";

/** What a host said to a request for a file. */
export interface Answer {
  bytes: Uint8Array;
  /** Where `bytes` begins in the file. */
  start: number;
  /** The whole file's length. */
  sizeBytes: number;
  /** Tells this content of the file from others, as far as the host does. */
  tag: string;
  /** Seconds since 1970; 0 if the host does not say. */
  modifiedS: number;
}

export interface Wire {
  fetch: typeof fetch;
  headers: Record<string, string>;
}

const ATTEMPTS = 4;
const FIRST_PAUSE_MS = 200;
/** How long a host may take to begin its answer. */
const PATIENCE_MS = 30_000;

/**
 * Asks for a file or a range of it; nothing if the host has none or shows none. `length`: of the whole file,
 * if that is known.
 */
export async function ask(
  wire: Wire,
  url: string,
  key: string,
  range?: ByteRange,
  length?: number,
): Promise<Answer | { status: number }> {
  for (let attempt = 1; ; attempt++) {
    const isLast = attempt === ATTEMPTS;
    try {
      const answer = await attemptOnce(wire, url, key, range, length);
      if (answer) return answer;
      if (isLast) throw new StoreError("unavailable", key, `${shown(url)} answers with failures`);
    } catch (error) {
      if (error instanceof StoreError) throw error;
      if (isLast) throw unreachable(key, url, error);
    }
    const pauseMs = FIRST_PAUSE_MS * 2 ** attempt * (0.5 + Math.random() / 2);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

/** Nothing where another attempt may do better. */
async function attemptOnce(
  wire: Wire,
  url: string,
  key: string,
  range: ByteRange | undefined,
  length: number | undefined,
): Promise<Answer | { status: number } | undefined> {
  const headers = new Headers(wire.headers);
  // `end` is past the last byte here, and the last byte there.
  if (range) headers.set("Range", `bytes=${range.start}-${Math.max(range.end - 1, range.start)}`);
  const { fetch } = wire;
  const reply = await fetch(url, { headers, cache: "no-cache", signal: AbortSignal.timeout(PATIENCE_MS) });
  const { status } = reply;
  if (status === 408 || status === 429 || status >= 500) {
    await reply.body?.cancel();
    return undefined;
  }
  if (status === 416) {
    await reply.body?.cancel();
    // This answer need not say of which file it speaks, and a page may not see how long that is.
    const { sizeBytes, ...marked } = await aboutOf(wire, url, key);
    return { bytes: new Uint8Array(), start: sizeBytes, sizeBytes, ...marked };
  }
  if (!reply.ok) {
    await reply.body?.cancel();
    return { status };
  }
  const bytes = new Uint8Array(await reply.arrayBuffer());
  const part =
    status === 206 ? /^bytes (\d+)-\d+\/(\d+)$/.exec(reply.headers.get("content-range") ?? "") : null;
  const start = status === 206 ? Number(part?.[1] ?? range?.start ?? 0) : 0;
  const isEnd = status !== 206 || (range !== undefined && bytes.length < range.end - range.start);
  // A host may hide how long the file is from a page of another origin.
  const known = part ? Number(part[2]) : (length ?? (isEnd ? start + bytes.length : undefined));
  const sizeBytes = known ?? (await aboutOf(wire, url, key)).sizeBytes;
  return { bytes, start, sizeBytes, ...marks(reply) };
}

/** How long a file is and how it is marked, without its bytes. */
async function aboutOf(
  { fetch, headers }: Wire,
  url: string,
  key: string,
): Promise<Omit<Answer, "bytes" | "start">> {
  const reply = await fetch(url, { method: "HEAD", headers, signal: AbortSignal.timeout(PATIENCE_MS) });
  const length = reply.headers.get("content-length");
  if (reply.ok && length !== null) return { sizeBytes: Number(length), ...marks(reply) };
  const wanted = "expose Content-Range and Content-Length in its CORS settings";
  throw new StoreError("failed", key, `${shown(url)}: the host does not say how long the file is: ${wanted}`);
}

function marks({ headers }: Response): Pick<Answer, "tag" | "modifiedS"> {
  const modified = headers.get("last-modified");
  const modifiedS = Math.floor(Date.parse(modified ?? "") / 1000);
  return { tag: headers.get("etag") ?? modified ?? "", modifiedS: Number.isNaN(modifiedS) ? 0 : modifiedS };
}

function unreachable(key: string, url: string, error: unknown): StoreError {
  const said =
    error instanceof Error
      ? `${error.message}${error.cause instanceof Error ? `: ${error.cause.message}` : ""}`
      : String(error);
  const why = "there is no network, no such host, or the host does not let other sites read it (CORS)";
  return new StoreError("unavailable", key, `${shown(url)} cannot be reached: ${why} (${said})`);
}

/** A URL without what may be secret: a query may hold a signature. */
export function shown(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}
