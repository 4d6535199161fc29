// `src/store.d.ts` says what `wit/storage.wit` says: the same methods, parameters, types and fields.
// What there is of `wit/repository.wit` and `wit/history.wit` in JavaScript has its names and shapes too.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const read = (path) => readFileSync(new URL(path, import.meta.url), "utf8");
const wit = read("../../wit/storage.wit").replace(/\/\/.*$/gm, "");
const typescript = read("../src/store.d.ts").replace(/\/\*[^]*?\*\//g, "");

const camel = (name) => name.replace(/^%/, "").replace(/-(.)/g, (_, c) => c.toUpperCase());
const pascal = (name) => camel(`-${name}`);

/** `a: one, b: two` as pairs; commas between angle brackets do not count. */
function pairs(list) {
  const parts = list.split(/[,;](?![^<]*>)/).map((part) => part.trim()).filter(Boolean);
  return parts.map((part) => part.split(/:\s*/, 2).map((word) => word.trim()));
}

/** What a WIT type is in TypeScript, without saying how absence is spelled. */
function type(name) {
  const [, generic, inner] = /^(\w+)<(.*)>$/.exec(name) ?? [];
  if (generic === "list") return inner === "u8" ? "Uint8Array" : `${type(inner)}[]`;
  if (generic === "option") return type(inner);
  if (generic === "result") return type(inner.split(/,\s*store-error$/)[0]);
  return { string: "string", bool: "boolean", u32: "number", u64: "number", s16: "number", _: "void" }[name] ?? pascal(name);
}

const present = (type) => type.replace(/ \| (undefined|null)/g, "");

test("methods have the same names, parameters and results", () => {
  const functions = [...wit.matchAll(/(%?[\w-]+): async func\((.*?)\) -> (.*);/g)].map(
    ([, name, parameters, result]) => [
      camel(name),
      pairs(parameters).map(([name, of]) => `${camel(name)}: ${type(of)}`),
      `Promise<${type(result)}>`,
    ],
  );
  const body = /interface Store \{([^]*?)\n\}/.exec(typescript)[1];
  const methods = [...body.matchAll(/(\w+)\((.*?)\): (.*);/g)].map(([, name, parameters, result]) => [
    name,
    pairs(parameters).map(([name, of]) => `${name.replace("?", "")}: ${present(of)}`),
    present(result),
  ]);
  assert.ok(functions.length >= 8);
  assert.deepEqual(methods, functions);
});

test("records have the same fields", () => {
  const records = [...wit.matchAll(/record ([\w-]+) \{([^]*?)\}/g)]
    .filter(([, name]) => name !== "failure") // in JavaScript, the error itself
    .map(([, name, fields]) => [pascal(name), pairs(fields).map(([name, of]) => [camel(name), type(of)])]);
  const interfaces = [...typescript.matchAll(/interface (\w+) \{([^]*?)\n\}/g)]
    .filter(([, name]) => name !== "Store")
    .map(([, name, fields]) => [name, pairs(fields).map(([name, of]) => [name.replace("?", ""), present(of)])]);
  assert.ok(records.length >= 4);
  assert.deepEqual(interfaces, records);
});

test("variants have the same cases", () => {
  const cases = (name) => {
    const body = new RegExp(`variant ${name} \\{([^]*?)\\}`).exec(wit)[1];
    return body.split(",").map((line) => line.trim()).filter(Boolean);
  };
  const expected = cases("expected").map((name) => {
    const [, tag, of] = /^([\w-]+)\((.*)\)$/.exec(name) ?? [];
    return tag ? `{ ${camel(tag)}: ${type(of)} }` : `"${name}"`;
  });
  assert.ok(typescript.includes(`type Expected = ${expected.join(" | ")};`));
  const codes = cases("store-error").map((name) => `"${name.replace(/\(.*/, "")}"`);
  assert.ok(typescript.includes(`code: ${codes.join(" | ")};`));
});

const repository = {
  wit: ["repository", "history"].map((name) => read(`../../wit/${name}.wit`)).join("").replace(/\/\/.*$/gm, ""),
  typescript: ["repository", "history"].map((name) => read(`../src/${name}.d.ts`)).join("").replace(/\/\*[^]*?\*\//g, ""),
};

/** The parts of a WIT file that are called `kind`, by their names. */
const parts = (kind) =>
  new Map([...repository.wit.matchAll(new RegExp(`${kind} ([\\w-]+) \\{([^]*?)\\}`, "g"))].map(
    ([, name, body]) => [pascal(name), body],
  ));

test("the repositories' records have the same fields", () => {
  const records = parts("record");
  // JavaScript has variants of its own, a file's bytes at hand, and random bytes.
  const ours = {
    Reference: ["peeled"],
    CommitRequest: ["nonce"],
    Annotation: ["nonce"],
    Change: ["content", "movedFrom", "copiedFrom"],
  };
  const interfaces = [...repository.typescript.matchAll(/interface (\w+) \{([^]*?)\n\}/g)]
    .filter(([, name]) => name !== "TrunksError");
  assert.ok(interfaces.length >= 9);
  for (const [, name, fields] of interfaces) {
    assert.ok(records.has(name), `there is no record ${name}`);
    const without = (list) => list.filter(([field]) => !(ours[name] ?? []).includes(field));
    assert.deepEqual(
      without(pairs(fields).map(([field, of]) => [field.replace("?", ""), present(of)])),
      without(pairs(records.get(name)).map(([field, of]) => [camel(field), type(of)])),
      name,
    );
  }
});

test("the repositories' methods have the same names and parameters", async () => {
  const functions = new Map(
    [...repository.wit.matchAll(/([\w-]+): async func\((.*?)\) ->/g)].map(
      ([, name, parameters]) => [camel(name), pairs(parameters).map(([name]) => camel(name))],
    ),
  );
  const built = read("../dist/nodejs/trunks.d.ts").replace(/\/\*[^]*?\*\//g, "");
  const body = /class Repositories \{([^]*?)\n\}/.exec(built)[1];
  const methods = [...body.matchAll(/(\w+)\((.*?)\): Promise</g)];
  assert.ok(methods.length >= 9);
  for (const [, name, parameters] of methods) {
    // What is a word of the language gets an underscore: `_new`.
    const names = pairs(parameters).map(([name]) => name.replace("?", "").replace(/^_/, ""));
    assert.deepEqual(names, functions.get(name), name);
  }
});

test("errors have the same codes", () => {
  const codes = pairs(/enum error-code \{([^]*?)\}/.exec(repository.wit)[1]).map(([code]) => code);
  const known = /code:([^;]*);/.exec(repository.typescript)[1];
  assert.deepEqual([...known.matchAll(/"([\w-]+)"/g)].map(([, code]) => code), codes);
});
