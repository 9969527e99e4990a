/** Samples a process's resources over time, and judges whether they stayed flat. */
import { readdirSync, readFileSync } from "node:fs";

export interface Sample {
  seconds: number;
  /** Memory; what is shared with other processes is divided among them. */
  pssKiB: number;
  rssKiB: number;
  handles: number;
  threads: number;
  /** The same for the process that asks, which runs the extension's code without the editor. */
  windowPssKiB: number;
  /** Unfinished files in the storage folder. */
  temporaryFiles: number;
  keystrokes: number;
  answers: number;
}

export const COLUMNS: readonly (keyof Sample)[] = [
  ...(["seconds", "pssKiB", "rssKiB", "handles", "threads", "windowPssKiB"] as const),
  ...(["temporaryFiles", "keystrokes", "answers"] as const),
];

/** Measures an engine's process on this machine (Linux), and this process. */
export function measure(pid: number, storage: string): Omit<Sample, "seconds" | "keystrokes" | "answers"> {
  const engine = memory(pid);
  return {
    ...engine,
    windowPssKiB: memory(process.pid).pssKiB,
    handles: readdirSync(`/proc/${pid}/fd`).length,
    threads: readdirSync(`/proc/${pid}/task`).length,
    temporaryFiles: readdirSync(storage, { recursive: true, encoding: "utf8" }).filter((name) => {
      return /(\.new|-tmp|\.part|\.lock)$/.test(name);
    }).length,
  };
}

function memory(pid: number): { pssKiB: number; rssKiB: number } {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(rollup)?.[1]);
  return { pssKiB: field("Pss"), rssKiB: field("Rss") };
}

/** How much the memory may grow after it has settled, as a share. */
const MOST_GROWTH = 0.05;
/**
 * How much the minimum of the window's memory may grow; the minimum is what garbage collection leaves. Its heap varies
 * with the rate of the typing, between 21 and 64 MB in 2.8 hours. A leak that was found here once was 3 GB after four
 * million keystrokes.
 */
const MOST_WINDOW_GROWTH = 0.5;
/** How many more handles there may be, because a connection or a file may just be open. */
const MORE_HANDLES = 3;

/**
 * Lines that report the outcome; those of resources that grew begin with "GREW". @param warmSeconds until it has
 * settled.
 */
export function verdict(samples: readonly Sample[], warmSeconds: number): string[] {
  const settled = samples.filter(({ seconds }) => seconds >= warmSeconds);
  const part = Math.max(1, Math.floor(settled.length / 6));
  if (settled.length < 4) return [`GREW: nothing can be said of ${settled.length} samples`];
  const [first, last] = [settled.slice(0, part), settled.slice(-part)];
  const line = (name: keyof Sample, isFlat: (from: number, to: number) => boolean, of = median) => {
    const [from, to] = [of(first, name), of(last, name)];
    const percent = from > 0 ? ` (${(100 * (to / from - 1)).toFixed(1)} %)` : "";
    const change = `${name} ${from} -> ${to}${percent}`;
    return isFlat(from, to) ? change : `GREW: ${change}`;
  };
  return [
    line("pssKiB", (from, to) => to <= from * (1 + MOST_GROWTH)),
    line("rssKiB", (from, to) => to <= from * (1 + MOST_GROWTH)),
    line("handles", (from, to) => to <= from + MORE_HANDLES),
    line("threads", (from, to) => to <= from),
    line("windowPssKiB", (from, to) => to <= from * (1 + MOST_WINDOW_GROWTH), lowest),
    line("temporaryFiles", (from, to) => to <= from),
  ];
}

function median(samples: readonly Sample[], name: keyof Sample): number {
  const values = samples.map((sample) => sample[name]).sort((a, b) => a - b);
  return values[values.length >> 1] ?? Number.NaN;
}

function lowest(samples: readonly Sample[], name: keyof Sample): number {
  return Math.min(...samples.map((sample) => sample[name]));
}
