// As much of `node:assert/strict` as the conformance suite needs, for browsers.

function fail(message, found, wanted) {
  throw message instanceof Error ? message : new Error(`${message ?? "not as it should be"}: ${shown(found)}, not ${shown(wanted)}`);
}

const shown = (value) => String(JSON.stringify(value)).slice(0, 300);

function isSame(a, b) {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || !a || !b) return false;
  const [left, right] = [Object.keys(a), Object.keys(b)];
  return Array.isArray(a) === Array.isArray(b) && left.length === right.length && left.every((key) => isSame(a[key], b[key]));
}

export default {
  ok: (value, message) => value || fail(message, value, true),
  equal: (a, b, message) => Object.is(a, b) || fail(message, a, b),
  notEqual: (a, b, message) => !Object.is(a, b) || fail(message, a, b),
  deepEqual: (a, b, message) => isSame(a, b) || fail(message, a, b),
  async rejects(promise, check, message) {
    let error;
    try {
      await promise;
    } catch (thrown) {
      error = thrown;
    }
    if (error === undefined) fail(message, "resolved", "rejected");
    if (!check(error)) fail(message, error, "another error");
  },
};
