/** The outcomes of the faults, by kind. */

export interface Fault {
  kind: string;
  /** The sentence of the engine's status afterwards; undefined when it was back. */
  state: string | undefined;
  /** Whether the engine runs in a new process. */
  isNew: boolean;
  /** What was wrong. */
  problems: string[];
  /** The longest delay of the window's thread. */
  delayMs: number;
  /** How long it took until the engine was back or said why not. */
  tookMs: number;
  log: string;
}

export function table(faults: readonly Fault[]): string {
  const kinds = [...new Set(faults.map(({ kind }) => kind))];
  const rows = [
    ...kinds.map((kind) =>
      row(
        kind,
        faults.filter((fault) => fault.kind === kind),
      ),
    ),
    row("all", faults),
  ];
  const head = [
    "fault",
    "count",
    "new process",
    "back",
    "clear state",
    "failures",
    "worst delay ms",
    "median ms to that",
  ];
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((cells) => (cells[i] ?? "").length)));
  return [head, ...rows]
    .map((cells) => cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))))
    .map((cells) => cells.join("  "))
    .join("\n");
}

function row(name: string, faults: readonly Fault[]): string[] {
  const count = (is: (fault: Fault) => boolean) => String(faults.filter(is).length);
  const times = faults.map(({ tookMs }) => tookMs).sort((a, b) => a - b);
  return [
    name,
    String(faults.length),
    count(({ isNew }) => isNew),
    count(({ state }) => state === undefined),
    count(({ state }) => state !== undefined),
    count(({ problems }) => problems.length > 0),
    Math.max(0, ...faults.map(({ delayMs }) => delayMs)).toFixed(1),
    (times[times.length >> 1] ?? 0).toFixed(0),
  ];
}
