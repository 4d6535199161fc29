// A bucket, and what is known of its server.

import type { Expected } from "#core";
import type { Wire } from "./call.js";
import { bury, contestCreation } from "./tombstone.js";
import { deleteIf, head, type Contest } from "./write.js";

export class Bucket {
  /**
   * How the server wants entity tags written in a condition: Ceph before 18 wants them without quotes, and
   * refuses every condition otherwise.
   */
  #tags: "unknown" | "quoted" | "bare";

  constructor(
    readonly wire: Wire,
    /** Whether the server is known to heed a condition on every request that can carry one. */
    readonly heedsAll: boolean,
  ) {
    this.#tags = heedsAll ? "quoted" : "unknown";
  }

  /** The headers of a condition. */
  demand(expected: Expected): Record<string, string> {
    if (expected === "any") return {};
    if (expected === "absent" || "absentBeside" in expected) return { "If-None-Match": "*" };
    return { "If-Match": this.#tags === "bare" ? expected.is : `"${expected.is}"` };
  }

  /** Takes note that a condition held. */
  noteSuccess(expected: Expected): void {
    if (typeof expected === "object" && "is" in expected && this.#tags === "unknown") this.#tags = "quoted";
  }

  /** What came of a condition that did not hold, as it seems. */
  async contest(key: string, expected: Expected): Promise<Contest> {
    if (expected === "any") return "lost";
    if (expected === "absent" || "absentBeside" in expected) return contestCreation(this, key);
    if (this.#tags !== "unknown") return "lost";
    const found = await head(this, key);
    if (!found || found.isGone || found.version !== expected.is) return "lost";
    // The value has this version all the same, so the quotes were the reason.
    this.#tags = "bare";
    return "again";
  }

  /** Removes the value at `key` if it has this version. */
  async deleteIf(key: string, version: string): Promise<void> {
    return this.heedsAll ? deleteIf(this, key, version) : bury(this, key, version);
  }
}
