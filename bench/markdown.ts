/** Formats results as tables: on the terminal, and in RESULTS.md. */
import { type Report, reportTable, threadsText } from "../engine/cli/bench/report.ts";
import { figure, markdownTable, type Table } from "../engine/cli/bench/table.ts";
import type { PeerRow, Results } from "./results.ts";

/**
 * Two columns per report: the figure, and its share of the ceiling.
 * @param label what tells the reports apart
 */
export function ownTable(
  reports: readonly Report[],
  label: (report: Report) => string = ({ threads }) => threadsText(threads),
): Table {
  const tables = reports.map(reportTable);
  const labels = [...new Set(tables.flatMap((table) => table.rows.map(([name = ""]) => name)))];
  const cells = (name: string) =>
    tables.flatMap((table) => table.rows.find((row) => row[0] === name)?.slice(1) ?? ["", ""]);
  return {
    head: [
      [...new Set(reports.map((report) => report.isa))].join(", "),
      ...reports.flatMap((report) => [label(report), "of the ceiling"]),
    ],
    rows: labels.map((name) => [name, ...cells(name)]),
  };
}

export function peersTable(rows: readonly PeerRow[]): Table {
  return {
    head: ["tokens/s", "Sterna", "llama.cpp", "ratio"],
    rows: rows.map((row) => [peerLabel(row), figure(row.sterna), figure(row.llama), `${figure(row.ratio)} x`]),
  };
}

function peerLabel({ threads, kind, tokens, type, ownType }: PeerRow): string {
  const file = type === undefined || type === "TQ2_0" ? "" : `, ${type}`;
  const types = ownType === undefined ? file : `, ${ownType} against ${type}`;
  return `${kind} ${kind === "decode" ? "at context " : ""}${tokens}, ${threadsText(threads)}${types}`;
}

export function resultsPage({ machine, own, peers, bonsai }: Results): string {
  const parts = [
    "# Results",
    "Written by `npm run bench` and `npm run bench:peers`; do not edit. The models are synthetic ones with random " +
      "weights, first in the shape of BitNet b1.58 2B4T.",
    `Machine: ${machine}.`,
  ];
  if (own) parts.push("![Tokens per second as a share of what the machine allows](results.svg)");
  if (own) {
    parts.push(
      "## Against the machine",
      `\`${own.command}\`, ${own.date}. The read ceiling is the fastest of several ways to read memory, the multiply-add ` +
        "peak the rate of the kernels' own instruction in registers, both from the same minutes. A decode's ceiling " +
        "reads body and head once per token; a prefill's does the body's multiply-adds and nothing else.",
      markdownTable(ownTable(own.reports)),
    );
  }
  if (peers) {
    parts.push(
      "## Against llama.cpp",
      `\`${peers.command}\`, ${peers.date}. llama.cpp as node-llama-cpp ${peers.version} ships it, TQ2_0 weights, the ` +
        "same file for both, in turns; medians. The ratio is the median of the rounds' ratios; the picture draws llama.cpp at " +
        "Sterna's figure of the first table divided by it.",
      markdownTable(peersTable(peers.rows)),
    );
  }
  if (bonsai) parts.push(...bonsaiParts(bonsai));
  return `${parts.map((part) => (part.startsWith("|") ? part.trimEnd() : wrap(part))).join("\n\n")}\n`;
}

/** The paragraphs and tables of the shapes of Ternary-Bonsai. */
function bonsaiParts({ machine, own, peers }: NonNullable<Results["bonsai"]>): string[] {
  const parts = [
    "## Ternary-Bonsai",
    "The shapes of Ternary-Bonsai 1.7B, 4B and 8B: architecture qwen3, a scale for each 128 weights, the embedding and the " +
      `output head ternary too. Machine: ${machine}.`,
  ];
  if (own) {
    parts.push(
      `\`${own.command}\`, and the same for the other shapes, ${own.date}.`,
      markdownTable(ownTable(own.reports, ({ shape }) => shape.replace("bonsai-", ""))),
    );
  }
  if (peers) {
    parts.push(
      `\`${peers.command}\`, ${peers.date}. llama.cpp as node-llama-cpp ${peers.version} ships it, on the same file as ` +
        "Sterna, and the ternary Q2_0 here against Q1_0 of the same shape (1 bit for each weight); in turns, medians.",
      markdownTable(peersTable(peers.rows)),
    );
  }
  return parts;
}

const COLUMNS = 120;

/** Wraps a paragraph at 120 columns. */
function wrap(paragraph: string): string {
  const lines = [""];
  for (const word of paragraph.split(" ")) {
    const line = lines.at(-1) ?? "";
    if (line === "") lines[lines.length - 1] = word;
    else if (line.length + 1 + word.length <= COLUMNS) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines.join("\n");
}
