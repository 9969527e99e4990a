/** Writes tables as plain text and as Markdown. */

export interface Table {
  head: string[];
  rows: string[][];
}

/** Pads every column to its widest cell, with the first column left-aligned and the others right-aligned. */
export function plainTable({ head, rows }: Table): string {
  const widths = columnWidths([head, ...rows]);
  const line = (row: string[]) => row.map((cell, i) => pad(cell, widths[i] ?? 0, i > 0)).join("  ");
  const rule = widths.map((width) => "-".repeat(width)).join("  ");
  return `${[line(head), rule, ...rows.map(line)].map((text) => text.trimEnd()).join("\n")}\n`;
}

export function markdownTable({ head, rows }: Table): string {
  const line = (row: string[]) => `| ${row.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  const rule = `| ${head.map((_, i) => (i === 0 ? "---" : "---:")).join(" | ")} |`;
  return `${[line(head), rule, ...rows.map(line)].join("\n")}\n`;
}

function columnWidths(rows: readonly string[][]): number[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  }
  return widths;
}

function pad(cell: string, width: number, toRight: boolean): string {
  return toRight ? cell.padStart(width) : cell.padEnd(width);
}

/** "57 %"; "" for what was not measured. */
export function percent(share: number | undefined): string {
  return share === undefined ? "" : `${Math.round(100 * share)} %`;
}

/** Rounds to three significant digits, but never before the decimal point: 0.123, 1.23, 12.3, 123, 1234. */
export function figure(value: number | undefined): string {
  if (value === undefined) return "";
  const digits = value === 0 ? 0 : Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(digits, 6));
}
