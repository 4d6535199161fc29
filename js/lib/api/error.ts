// What every call of the API rejects with.

import type { TrunksError as CoreError } from "#core";

/** By what the caller can do about it: the codes of `wit/repository.wit`. */
export type ErrorCode = CoreError["code"];

/** What went wrong, with a code that stays the same from version to version. */
export class TrunksError extends Error {
  override name = "TrunksError" as const;

  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The error for an argument that is not well-formed. */
export function invalid(message: string): TrunksError {
  return new TrunksError("invalid", message);
}

/** What `work` comes to; what the core throws becomes a `TrunksError`. */
export async function told<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asTrunksError(error);
  }
}

/** The core's error as one of this package. */
export function asTrunksError(error: unknown): unknown {
  if (error instanceof TrunksError || !isCoded(error)) return error;
  return new TrunksError(error.code, error.message, { cause: error });
}

function isCoded(error: unknown): error is CoreError {
  return error instanceof Error && error.name === "TrunksError" && "code" in error;
}
