// Values in git's `config`: git-config(1), "Syntax".

const SECTION = /\[([a-z0-9.-]+)[ \t]*("(?:[^"\\\n]|\\[^\n])*")?\]/iy;
const KEY = /([a-z][a-z0-9-]*)[ \t]*(=[ \t]*)?/iy;
const COMMENT = /[#;][^\n]*/y;

/**
 * What `config` says of a key of a section without subsections, in its order; "true" where the key stands
 * alone. Nothing of a `config` that is not valid: who reads the repository refuses that. Files that are
 * included are not looked at.
 *
 * `section`, `key`: in lower case.
 */
export function valuesOf(config: string, section: string, key: string): string[] {
  const text = config.replaceAll("\r\n", "\n").replace(/^\ufeff/, "");
  const values = [];
  let isWithin = false;
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found) at = pattern.lastIndex;
    return found;
  };
  while (at < text.length) {
    if (take(/\s+/y) ?? take(COMMENT)) continue;
    const head = take(SECTION);
    if (head) {
      isWithin = head[1]?.toLowerCase() === section && head[2] === undefined;
      continue;
    }
    const name = take(KEY);
    if (!name) return [];
    const isAssigned = name[2] !== undefined;
    if (!isAssigned && at < text.length && text[at] !== "\n") return [];
    const value = isAssigned ? assigned() : "true";
    if (value === undefined) return [];
    if (isWithin && name[1]?.toLowerCase() === key) values.push(value);
  }
  return values;

  /** What stands from here to the end of the line; nothing if that is not valid. */
  function assigned(): string | undefined {
    const ESCAPES: Record<string, string> = { n: "\n", t: "\t", b: "\b", '"': '"', "\\": "\\", "\n": "" };
    let [value, kept, isQuoted] = ["", 0, false];
    for (; at < text.length && text[at] !== "\n"; at++) {
      const letter = text.charAt(at);
      if (!isQuoted && take(COMMENT)) break;
      if (letter === '"') {
        isQuoted = !isQuoted;
        continue;
      }
      if (letter === "\\") {
        const meant = ESCAPES[text.charAt(++at)];
        if (meant === undefined) return undefined;
        value += meant;
        kept = value.length;
        continue;
      }
      const isBlank = !isQuoted && /\s/.test(letter);
      if (!isBlank || value !== "") value += letter;
      if (!isBlank) kept = value.length;
    }
    return isQuoted ? undefined : value.slice(0, kept);
  }
}
