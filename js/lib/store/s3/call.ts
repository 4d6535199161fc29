// One call of a bucket: requests are signed and sent until there is an answer, or no time is left.
//
// Everything is sent again after a failure that may pass. That is safe for conditional writes too: their
// condition holds only once, and the answer says whether an earlier request may have acted, so that the
// caller looks who it was.

import { AwsClient } from "aws4fetch";
import { StoreError } from "../error.js";
import { element, pathOf } from "./text.js";

/** How much a call may send for each second that it gets beyond its time. */
const SLOWEST_BYTES_PER_S = 256 * 1024;
/** Of a call's time, what one request may use: a server that hangs is asked again. */
const REQUESTS_IN_TIME = 3;
/** Connections that are refused in a row before the call gives up. */
const CONNECTS = 4;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 5_000;
/** Of a bucket's own words, at most so many characters are repeated. */
const REPEATED_CHARS = 300;

/** A request, before it is signed. */
export interface Call {
  method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  /** The bucket's key; empty for the bucket itself. */
  key: string;
  query?: string;
  headers?: Record<string, string>;
  body?: Uint8Array | undefined;
  /** The request itself, if it was signed before: it is worth nothing once that is long ago. */
  signed?: Request;
}

/** An answer, whole. */
export interface Reply {
  status: number;
  headers: Headers;
  body: Uint8Array;
  /** The code of a refusal, in the bucket's words, and what it says about it. */
  code: string;
  message: string;
  /** Whether an earlier request of this call may have taken effect. */
  isUnsure: boolean;
}

/** Who asks, and where. */
export interface Account {
  /** The bucket's URL, without a slash at its end. */
  url: string;
  /** As users know it: `bucket name at host`. */
  place: string;
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
  region: string;
  timeoutMs: number;
  fetch: typeof fetch;
}

export class Wire {
  readonly #signer: AwsClient;

  constructor(readonly account: Account) {
    const { credentials, region } = account;
    this.#signer = new AwsClient({ ...credentials, region, service: "s3", retries: 0 });
  }

  /** Sends `call`, and again after what may pass. */
  async send(call: Call): Promise<Reply> {
    const { timeoutMs } = this.account;
    const sendingMs = ((call.body?.length ?? 0) / SLOWEST_BYTES_PER_S) * 1000;
    const deadline = performance.now() + timeoutMs + sendingMs;
    let [isUnsure, refusedConnects, pauseMs] = [false, 0, FIRST_PAUSE_MS];
    for (;;) {
      const limitMs = Math.min(timeoutMs / REQUESTS_IN_TIME + sendingMs, deadline - performance.now());
      let [reason, leastMs] = ["", 0];
      try {
        const reply = await this.#attempt(call, Math.max(limitMs, 1));
        if (!isPassing(reply)) return { ...reply, isUnsure };
        isUnsure ||= ![400, 409, 429].includes(reply.status);
        reason = said(reply);
        leastMs = 1000 * (Number(reply.headers.get("retry-after")) || 0);
      } catch (error) {
        const isSent = !isUnsent(error);
        isUnsure ||= isSent;
        refusedConnects = isSent ? 0 : refusedConnects + 1;
        reason = `${isSent ? "the connection to" : "cannot reach"} ${this.account.place}${isSent ? " broke" : ""}: ${cause(error)}`;
      }
      const waitMs = Math.max(pauseMs * (0.5 + Math.random() / 2), leastMs);
      if (refusedConnects === CONNECTS || performance.now() + waitMs >= deadline) {
        throw new StoreError("unavailable", call.key, reason);
      }
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    }
  }

  /** The call signed as of now, however late it is sent. */
  async signed(call: Call): Promise<Call> {
    return { ...call, signed: await this.#request(call) };
  }

  async #attempt(call: Call, limitMs: number): Promise<Omit<Reply, "isUnsure">> {
    const request = call.signed?.clone() ?? (await this.#request(call));
    const { fetch } = this.account;
    const answer = await fetch(request, {
      signal: AbortSignal.timeout(Math.ceil(limitMs)),
      redirect: "manual",
    });
    const body = new Uint8Array(await answer.arrayBuffer());
    const { status, headers } = answer;
    // S3 begins its answer to the end of an upload before it knows.
    const isRefusal = !answer.ok || call.method === "POST";
    const text = isRefusal ? new TextDecoder().decode(body) : "";
    const [code, message] = text.includes("<Error")
      ? [element(text, "Code"), element(text, "Message")]
      : ["", ""];
    return { status, headers, body, code, message };
  }

  async #request({ method, key, query, headers = {}, body }: Call): Promise<Request> {
    const url = `${this.account.url}/${pathOf(key)}${query ? `?${query}` : ""}`;
    const payload = body ?? new Uint8Array();
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", payload as BufferSource));
    const hex = Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
    const bodied = method === "PUT" || method === "POST" ? { body: payload as BodyInit } : {};
    return this.#signer.sign(url, {
      method,
      headers: { ...headers, "X-Amz-Content-Sha256": hex },
      ...bodied,
    });
  }
}

/** Whether the same request may succeed a little later. */
function isPassing({ status, code }: Omit<Reply, "isUnsure">): boolean {
  switch (status) {
    case 408:
    case 429:
    case 500:
    case 502:
    case 503:
    case 504:
      return true;
    // Two conditional writes at once on S3: neither lost yet.
    case 409:
      return ["ConditionalRequestConflict", "OperationAborted"].includes(code);
    case 400:
      return code === "RequestTimeout";
    case 200:
      return ["InternalError", "ServiceUnavailable", "SlowDown"].includes(code);
    default:
      return false;
  }
}

/** Whether no connection was made. */
function isUnsent(error: unknown): boolean {
  const { code = "" } = ((error as Error | undefined)?.cause ?? {}) as { code?: string };
  return [
    "ECONNREFUSED",
    "ENOTFOUND",
    "EAI_AGAIN",
    "EHOSTUNREACH",
    "ENETUNREACH",
    "UND_ERR_CONNECT_TIMEOUT",
  ].includes(code);
}

function cause(error: unknown): string {
  let innermost = error;
  while (innermost instanceof Error && innermost.cause) innermost = innermost.cause;
  return innermost instanceof Error ? innermost.message || innermost.name : String(innermost);
}

/** Status, code and the first words of an answer. */
export function said({ status, code, message }: Pick<Reply, "status" | "code" | "message">): string {
  const words = message
    .split("\n", 1)[0]
    ?.replaceAll(/\p{Cc}/gu, "")
    .slice(0, REPEATED_CHARS)
    .replace(/\.+$/, "");
  return [String(status), code, words].filter((part) => part).join(" ");
}
