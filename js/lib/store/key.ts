// Keys: their order, and what they may hold.

/** Compares keys by the bytes of their UTF-8, as lists are sorted; `<` would go by UTF-16. */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    let [left, right] = [a.charCodeAt(at), b.charCodeAt(at)];
    if (left === right) continue;
    // Halves of a pair stand for characters past all others.
    if (left >= 0xd800 && right >= 0xd800) {
      left = left >= 0xe000 ? left - 0x800 : left + 0x2000;
      right = right >= 0xe000 ? right - 0x800 : right + 0x2000;
    }
    return left - right;
  }
  return a.length - b.length;
}

/** Why a segment cannot be part of a key; nothing if it can. */
export function refuseSegment(segment: string): string | undefined {
  if (segment === "") return "a key must not be empty, begin or end with a slash, or hold two in a row";
  if (segment === "." || segment === "..") return "a key must not hold . or .. segments";
  if (segment.includes("\0")) return "a key must not hold a zero byte";
  return undefined;
}
