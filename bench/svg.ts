/** Draws the picture of the results: bars whose full length is the ceiling that the machine allows. */
import { ceilingsOf, type Report, threadsText } from "../engine/cli/bench/report.ts";
import { figure, percent } from "../engine/cli/bench/table.ts";
import { escapeXml } from "../engine/text/escapeXml.ts";
import type { PeerRow, Results } from "./results.ts";

interface Bar {
  who: "Sterna" | "llama.cpp";
  /** Tokens per second. */
  rate: number;
  /** The rate as a share of the ceiling. */
  share: number;
}

export interface Group {
  title: string;
  /** The tokens per second that the machine allows. */
  ceiling: number;
  bars: Bar[];
}

/** The groups of bars: the key in this engine's report, and the number of tokens in the comparison's rows. */
const SHOWN = [
  { kind: "decode", own: "0", peer: 16, title: "Decode, short context" },
  { kind: "decode", own: "1024", peer: 1024, title: "Decode, 1,024 tokens of context" },
  { kind: "prefill", own: "128", peer: 128, title: "Prefill of 128 tokens" },
  { kind: "prefill", own: "512", peer: 512, title: "Prefill of 512 tokens" },
] as const;

/**
 * The bars of every report. A bar of llama.cpp is this engine's speed divided by the measured ratio of the two, because
 * llama.cpp's own speed was measured in another run, when the memory may have been faster or slower.
 */
export function groupsOf({ own, peers }: Results): Group[] {
  return (own?.reports ?? []).flatMap((report) =>
    SHOWN.flatMap(({ kind, own: key, peer, title }) => {
      const rate = report[kind][key];
      if (rate === undefined) return [];
      const ceiling = ceilingsOf(report)[kind];
      const bars: Bar[] = [{ who: "Sterna", rate, share: rate / ceiling }];
      const ratio = ratioOf(peers?.rows ?? [], report, kind, peer);
      if (ratio !== undefined) bars.push({ who: "llama.cpp", rate: rate / ratio, share: rate / ratio / ceiling });
      return [{ title: `${title}, ${threadsText(report.threads)}`, ceiling, bars }];
    }),
  );
}

function ratioOf(rows: readonly PeerRow[], { threads }: Report, kind: string, tokens: number): number | undefined {
  return rows.find((row) => row.threads === threads && row.kind === kind && row.tokens === tokens)?.ratio;
}

const WIDTH = 760;
const MARGIN = 20;
const LABEL = 90;
const FIGURE = 150;
const TRACK = WIDTH - 2 * MARGIN - LABEL - FIGURE;
const BAR = 18;

/** The colours follow the reader's preferred scheme, so that the picture is readable on white and on black. */
const STYLE = `
    text { font: 13px system-ui, sans-serif; fill: #24292f; }
    .title { font-weight: 600; font-size: 16px; }
    .group { font-weight: 600; }
    .note { fill: #57606a; }
    .track { fill: #eaeef2; }
    .sterna { fill: #0969da; }
    .llama { fill: #8c959f; }
    .ceiling { stroke: #24292f; }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3; }
      .note { fill: #9198a1; }
      .track { fill: #2a313c; }
      .sterna { fill: #4493f8; }
      .llama { fill: #6e7681; }
      .ceiling { stroke: #e6edf3; }
    }`;

export function picture(results: Results): string {
  const parts: string[] = [];
  let y = MARGIN + 16;
  parts.push(text("title", MARGIN, y, "Tokens per second, as a share of what the machine allows"));
  y += 20;
  parts.push(text("note", MARGIN, y, "Synthetic model in the shape of BitNet b1.58 2B4T"));
  y += 18;
  parts.push(text("note", MARGIN, y, results.machine));
  for (const group of groupsOf(results)) {
    y += 30;
    parts.push(text("group", MARGIN, y, group.title));
    parts.push(text("note", WIDTH - MARGIN, y, `ceiling ${figure(group.ceiling)}`, "end"));
    y += 8;
    const top = y;
    for (const bar of group.bars) {
      const x = MARGIN + LABEL;
      const width = TRACK * Math.min(1, bar.share);
      parts.push(text("", MARGIN, y + BAR - 5, bar.who));
      parts.push(rectangle("track", x, y, TRACK));
      parts.push(rectangle(bar.who === "Sterna" ? "sterna" : "llama", x, y, width));
      parts.push(text("", WIDTH - MARGIN, y + BAR - 5, `${figure(bar.rate)}  (${percent(bar.share)})`, "end"));
      y += BAR + 4;
    }
    const edge = MARGIN + LABEL + TRACK;
    parts.push(`<line class="ceiling" x1="${edge}" x2="${edge}" y1="${top - 2}" y2="${y - 2}" stroke-width="2"/>`);
  }
  const height = y + MARGIN;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">`,
    `  <title>Tokens per second of Sterna and llama.cpp as a share of what the machine allows</title>`,
    `  <style>${STYLE}\n  </style>`,
    ...parts.map((part) => `  ${part}`),
    "</svg>\n",
  ].join("\n");
}

function text(className: string, x: number, y: number, content: string, anchor?: "end"): string {
  const attributes = `${className ? `class="${className}" ` : ""}x="${x}" y="${y}"${anchor ? ` text-anchor="${anchor}"` : ""}`;
  return `<text ${attributes}>${escapeXml(content)}</text>`;
}

function rectangle(className: string, x: number, y: number, width: number): string {
  return `<rect class="${className}" x="${x}" y="${y}" width="${width.toFixed(1)}" height="${BAR}" rx="3"/>`;
}
