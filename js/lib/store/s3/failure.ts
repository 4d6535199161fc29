// What a bucket's refusals mean to a caller.

import { StoreError } from "../error.js";
import { said, type Account, type Reply } from "./call.js";

const CREDENTIALS: Record<string, string> = {
  InvalidAccessKeyId: "the access key is not known there",
  InvalidClientTokenId: "the access key is not known there",
  SignatureDoesNotMatch: "the secret key does not belong to the access key",
  ExpiredToken: "the credentials have expired: sign in again",
  TokenRefreshRequired: "the credentials have expired: sign in again",
  InvalidToken: "the session token is wrong",
  RequestTimeTooSkewed: "this machine's clock is wrong: set it right",
};

/** Whether the answer says that nothing is at the key, in a bucket that is there. */
export function isAbsent({ status, code }: Reply): boolean {
  return status === 404 && code !== "NoSuchBucket";
}

/** Whether the answer says that a condition did not hold. */
export function isConflict(reply: Reply): boolean {
  if (reply.status === 412) return true;
  if (reply.status === 409 || reply.status === 200) return reply.code === "PreconditionFailed";
  // Something was demanded, and nothing is there.
  return isAbsent(reply) && reply.code !== "NoSuchUpload";
}

/** The error for a refusal that the caller did not ask for. */
export function refused(key: string, reply: Reply, { place }: Account): StoreError {
  const { status, code } = reply;
  const failed = (reason: string) => new StoreError("failed", key, reason);
  const denied = (reason: string) => new StoreError("denied", key, reason);
  const reason = CREDENTIALS[code];
  if (code === "NoSuchBucket")
    return failed(`there is no ${place}: make it, or check its name, the account and the region`);
  if ([400, 401, 403].includes(status) && reason) return denied(`${place}: ${reason} (${said(reply)})`);
  if (status === 401) return denied(`${place} wants credentials that it knows (${said(reply)})`);
  if (status === 403)
    return denied(
      `no right to do this in ${place}: docs/backends/s3.md lists what is needed (${said(reply)})`,
    );
  if (status >= 300 && status < 400) {
    const region = reply.headers.get("x-amz-bucket-region");
    return failed(
      `${place} is elsewhere: set its region${region ? `, which is ${region}` : ""}, or its endpoint`,
    );
  }
  if (status === 501)
    return failed(`${place} does not know this request, so it cannot be used (${said(reply)})`);
  return failed(`${place} refused: ${said(reply)}`);
}
