// What a store throws.

import type * as core from "#core";

/** Why a store did not do what it was asked, by what the caller can do about it. */
export class StoreError extends Error implements core.StoreError {
  override name = "StoreError";

  /** `key`: the key, prefix or upload that was asked for. */
  constructor(
    readonly code: core.StoreError["code"],
    readonly key: string,
    reason: string,
  ) {
    super(reason);
  }
}

/** The error of a conditional write that was not first. */
export function conflict(key: string): StoreError {
  return new StoreError("conflict", key, `${key} was changed by another writer`);
}

/** The error of a key that is no key. */
export function failed(key: string, reason: string): StoreError {
  return new StoreError("failed", key, reason);
}
