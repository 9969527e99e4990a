/**
 * The statistics page: charts in SVG, and the same figures as tables. No script, no network, no images; its one style
 * element has a nonce.
 */
import { SILENCE_SENTENCES, type Silence } from "../inline/silenceSentences.ts";
import { BOUNDS_MS, type Day, SURVIVAL_MS, total } from "./statistics.ts";

const WIDTH = 640;
const HEIGHT = 160;
const MAX_REASONS = 10;

/** @param nonce a new random value for every page. */
export function statisticsPage(days: readonly Day[], nonce: string): string {
  const all = total(days);
  const answers = all.cached.map((count, column) => count + (all.model[column] ?? 0));
  const silences = Object.entries(all.silences)
    .sort(([, a], [, b]) => b - a)
    .slice(0, MAX_REASONS);
  const figures: [name: string, value: string][] = [
    ["Suggestions shown", String(all.shown)],
    ["Accepted, whole or in part", `${all.accepted} (${share(all.accepted, all.shown)})`],
    ["Characters accepted", String(all.acceptedCharacters)],
    [
      `Still there ${SURVIVAL_MS / 1000} s later`,
      `${all.survived} of ${all.checked} (${share(all.survived, all.checked)})`,
    ],
    ["Time to a cached suggestion (median)", median(all.cached)],
    ["Time to a suggestion of the model, with the pause in typing (median)", median(all.model)],
  ];
  return `<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="UTF-8">
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'nonce-${nonce}'">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Sterna statistics</title>
    <style nonce="${nonce}">${STYLE}</style>
  </head>
  <body>
    <h1>Sterna statistics</h1>
    <p>Counted on this machine${days[0] === undefined ? "" : ` since ${escaped(days[0].date)}`}, and never sent.</p>
    ${table("All days", ["", "Figure"], figures)}
    <h2>Suggestions by day</h2>
    ${bars(
      days.map(({ date, shown, accepted }) => ({ label: date.slice(5), values: [shown, accepted] })),
      ["shown", "accepted"],
      "Suggestions shown and accepted by day",
    )}
    <h2>Time from the keystroke to the suggestion</h2>
    ${bars(
      answers.map((_, column) => ({
        label: columnName(column),
        values: [all.cached[column] ?? 0, all.model[column] ?? 0],
      })),
      ["cached", "model"],
      "Suggestions by milliseconds: cached ones and those of the model",
    )}
    <h2>Why there was none</h2>
    ${table(
      "Silences by reason",
      ["Reason", "Times"],
      silences.map(([reason, times]) => [SILENCE_SENTENCES[reason as Silence] ?? reason, String(times)]),
    )}
  </body>
</html>
`;
}

interface Bar {
  label: string;
  values: [number, number];
}

/** A pattern for the second series, so that it can be recognised without colours. */
const HATCH = `<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
      <rect class="hatch" width="3" height="6"></rect></pattern></defs>`;

/** Two bars for each label, and the same figures in a table below. */
function bars(data: readonly Bar[], names: [string, string], description: string): string {
  if (data.length === 0 || data.every(({ values }) => values[0] + values[1] === 0)) {
    return "<p>Nothing yet.</p>";
  }
  const most = Math.max(...data.flatMap(({ values }) => values));
  const step = WIDTH / data.length;
  const width = Math.min(24, (step - 4) / 2);
  const parts = data.map(({ label, values }, index) => {
    const middle = (index + 0.5) * step;
    const rectangles = values.map((value, which) => {
      const height = (HEIGHT * value) / most;
      const x = middle + (which - 1) * width;
      const title = `<title>${escaped(label)}: ${value} ${names[which]}</title>`;
      return `<rect class="s${which}" x="${fixed(x)}" y="${fixed(HEIGHT - height)}" width="${fixed(width - 1)}" height="${fixed(height)}">${title}</rect>`;
    });
    return `${rectangles.join("")}<text x="${fixed(middle)}" y="${HEIGHT + 16}">${escaped(label)}</text>`;
  });
  const rows = data.map(({ label, values }): [string, string, string] => [label, `${values[0]}`, `${values[1]}`]);
  return `<p class="legend"><span class="s0"></span> ${names[0]} <span class="s1"></span> ${names[1]}</p>
    <svg role="img" aria-label="${escaped(description)}" viewBox="0 0 ${WIDTH} ${HEIGHT + 24}">${HATCH}${parts.join("")}</svg>
    <details><summary>As a table</summary>${table(description, ["", ...names], rows)}</details>`;
}

function table(caption: string, head: string[], rows: readonly string[][]): string {
  const cells = (row: readonly string[]) =>
    row.map((cell, index) => (index === 0 ? `<th scope="row">${escaped(cell)}</th>` : `<td>${escaped(cell)}</td>`));
  return `<table><caption>${escaped(caption)}</caption>
      <thead><tr>${head.map((cell) => `<th scope="col">${escaped(cell)}</th>`).join("")}</tr></thead>
      <tbody>${rows.map((row) => `<tr>${cells(row).join("")}</tr>`).join("")}</tbody></table>`;
}

function columnName(column: number): string {
  const bound = BOUNDS_MS[column];
  return bound === undefined ? `> ${BOUNDS_MS.at(-1)} ms` : `≤ ${bound} ms`;
}

/** The column with the median answer. */
function median(columns: readonly number[]): string {
  const count = columns.reduce((sum, value) => sum + value, 0);
  let seen = 0;
  const column = columns.findIndex((value) => {
    seen += value;
    return seen * 2 >= count;
  });
  return count === 0 ? "none yet" : columnName(column);
}

function share(part: number, whole: number): string {
  return whole === 0 ? "none yet" : `${Math.round((100 * part) / whole)} %`;
}

function fixed(value: number): string {
  return value.toFixed(1);
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

const STYLE = `
body { max-width: 720px; color: var(--vscode-foreground); background: var(--vscode-editor-background); }
table { border-collapse: collapse; }
caption { text-align: left; padding-bottom: 4px; color: var(--vscode-descriptionForeground); }
th, td { text-align: left; font-weight: normal; padding: 2px 16px 2px 0; }
td { font-variant-numeric: tabular-nums; }
svg { width: 100%; }
svg text { fill: var(--vscode-foreground); font-size: 10px; text-anchor: middle; }
.legend span { display: inline-block; width: 10px; height: 10px; margin-left: 12px; }
rect.s0, rect.s1, .legend span { stroke: var(--vscode-foreground); }
rect.s0 { fill: var(--vscode-charts-blue, var(--vscode-foreground)); }
rect.s1 { fill: url(#hatch); }
rect.hatch { fill: var(--vscode-charts-orange, var(--vscode-foreground)); }
.legend span { border: 1px solid var(--vscode-foreground); }
span.s0 { background: var(--vscode-charts-blue, var(--vscode-foreground)); }
span.s1 {
  background: repeating-linear-gradient(
    45deg, var(--vscode-charts-orange, var(--vscode-foreground)) 0 2px, transparent 2px 4px
  );
}
`;
