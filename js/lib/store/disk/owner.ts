// Who made a temporary file, and whether they are dead.
//
// The native store holds its files by `flock`, which Node cannot. So a name says who made the file: the
// boot, the space of process ids, the id, and when that process began. Only a process of the same boot
// and space is judged, so that one on another machine or in another container is never taken for dead.

import { randomBytes } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** Where process ids mean what they mean to this process. */
const SPACE = space();

/** What the names of this process's temporary files begin with. */
const OWNER = `${SPACE}.${process.pid}.${began(process.pid) ?? "0"}`;

/** A name that no other file has. `label`: what it is for. */
export function ownName(label: string): string {
  return `${OWNER}-${randomBytes(8).toString("hex")}-${label}`;
}

/** The label in a temporary file's name. */
export function labelOf(name: string): string {
  return name.split("-").slice(2).join("-");
}

/** Whether the maker of the file is known to be dead. */
export function isOrphan(name: string): boolean {
  const [owner = ""] = name.split("-", 1);
  const [where, id, since] = owner.split(".");
  const pid = Number(id);
  if (where !== SPACE || !Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
  const now = began(pid);
  return now !== undefined && since !== "0" && now !== since;
}

/** When a process began, in the kernel's ticks since the boot, where the kernel tells. */
function began(pid: number): string | undefined {
  try {
    // The second field is the program's name, in parentheses, and may hold anything.
    const fields = readFileSync(`/proc/${pid}/stat`, "latin1")
      .replace(/^.*\) /s, "")
      .split(" ");
    return fields[19];
  } catch {
    return undefined;
  }
}

function space(): string {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "latin1").replaceAll(/[^0-9a-f]/g, "");
    const [pids] = /\d+/.exec(readlinkSync("/proc/self/ns/pid")) ?? [];
    if (boot && pids) return `${boot.slice(0, 16)}_${pids}`;
  } catch {
    // Told below.
  }
  // Nobody is judged where it cannot be known; elsewhere than on Linux there are no spaces.
  if (process.platform === "linux") return randomBytes(8).toString("hex");
  return `h_${Buffer.from(hostname()).toString("hex").slice(0, 32)}`;
}
