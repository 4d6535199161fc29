// The envelope of lists.

import { invalid } from "./error.js";
import type { List, Window } from "./resources.js";

const LIMIT = 20;

/** The window that was asked for, whole. */
export function windowOf({ limit = LIMIT, offset = 0 }: Window): Required<Window> {
  for (const [name, value] of [
    ["limit", limit],
    ["offset", offset],
  ] as const) {
    if (!Number.isSafeInteger(value) || value < 0)
      throw invalid(`${name} must be a whole number, not ${value}`);
  }
  return { limit, offset };
}

/** The part of `all` that was asked for. */
export function listOf<T>(all: T[], asked: Window): List<T> {
  const { limit, offset } = windowOf(asked);
  const data = all.slice(offset, offset + limit);
  const hasMore = offset + data.length < all.length;
  return { object: "list", data, limit, offset, total_count: all.length, has_more: hasMore };
}
