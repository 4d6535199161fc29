// What the bodies and headers of a bucket's answers say.

/** The text of the first element called `name`, or empty. */
export function element(xml: string, name: string): string {
  const [, text = ""] = new RegExp(`<${name}(?: [^>]*)?>([^<]*)</${name}>`).exec(xml) ?? [];
  return unescaped(text);
}

/** The contents of all elements called `name`. */
export function elements(xml: string, name: string): string[] {
  return [...xml.matchAll(new RegExp(`<${name}(?: [^>]*)?>([^]*?)</${name}>`, "g"))].map(
    ([, inner = ""]) => inner,
  );
}

const ENTITIES: Record<string, string> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

function unescaped(text: string): string {
  return text.replace(
    /&(?:#x([0-9a-fA-F]+)|#(\d+)|(\w+));/g,
    (whole, hex?: string, decimal?: string, name?: string) => {
      if (name !== undefined) return ENTITIES[name] ?? whole;
      return String.fromCodePoint(hex !== undefined ? Number.parseInt(hex, 16) : Number(decimal));
    },
  );
}

/** An entity tag without its quotes. */
export function bareTag(tag: string): string {
  return tag.trim().replace(/^(W\/)?"|"$/g, "");
}

/** `key` as the path of a URL: all is escaped that signatures escape. */
export function pathOf(key: string): string {
  return key.split("/").map(escaped).join("/");
}

/** `pairs` as a query, sorted as signatures want it. */
export function queryOf(pairs: Record<string, string>): string {
  return Object.entries(pairs)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${escaped(value)}`)
    .join("&");
}

function escaped(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
