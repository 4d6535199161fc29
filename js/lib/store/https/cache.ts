// Parts of files that never change: packs and their indexes, which are named by their content.

/** At most so many bytes are kept. */
const MOST_BYTES = 32 * 1024 * 1024;

interface Part {
  key: string;
  start: number;
  bytes: Uint8Array;
}

/** What is known of a file's length. */
export interface Known {
  sizeBytes: number;
  modifiedS: number;
}

export class Cache {
  readonly files = new Map<string, Known>();
  /** The one that was used last comes last. */
  #parts: Part[] = [];
  #heldBytes = 0;

  /** The bytes of a range, if all of them are here. */
  find(key: string, start: number, end: number): Uint8Array | undefined {
    const at = this.#parts.findIndex(
      (part) => part.key === key && part.start <= start && end <= part.start + part.bytes.length,
    );
    const [part] = at < 0 ? [] : this.#parts.splice(at, 1);
    if (!part) return undefined;
    this.#parts.push(part);
    return part.bytes.slice(start - part.start, end - part.start);
  }

  keep(key: string, start: number, bytes: Uint8Array): void {
    if (bytes.length > MOST_BYTES / 4) return;
    this.#parts.push({ key, start, bytes });
    this.#heldBytes += bytes.length;
    while (this.#heldBytes > MOST_BYTES) this.#heldBytes -= this.#parts.shift()?.bytes.length ?? MOST_BYTES;
  }
}
