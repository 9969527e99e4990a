/** Draws, as an SVG picture, how many keys are saved and how many wrong characters are shown, for several settings. */
import { escapeXml } from "../text/escapeXml.ts";

export interface CurveSeries {
  name: string;
  /** The points, in the order in which they are joined. */
  points: { savedPer100: number; wrongPer100: number }[];
  /** Points with a label, such as that of the product's own setting. */
  marks: { savedPer100: number; wrongPer100: number; name: string }[];
}

const WIDTH = 720;
const HEIGHT = 440;
const LEFT = 60;
const BOTTOM = 50;
const TOP = 30;
const RIGHT = 30;
const COLOURS = ["#d1242f", "#0969da", "#1a7f37", "#8250df"];
/** The colours follow the reader's preferred scheme, so that the picture is readable on white and on black. */
const STYLE = `text { font: 13px system-ui, sans-serif; fill: #24292f; }
    .grid { stroke: #8c959f; stroke-opacity: 0.3; }
    @media (prefers-color-scheme: dark) { text { fill: #e6edf3; } }`;

export function curveSvg(title: string, series: readonly CurveSeries[]): string {
  const all = series.flatMap(({ points, marks }) => [...points, ...marks]);
  const mostWrong = niceEnd(Math.max(1, ...all.map(({ wrongPer100 }) => wrongPer100)));
  const mostSaved = niceEnd(Math.max(1, ...all.map(({ savedPer100 }) => savedPer100)));
  const x = (wrong: number) => round(LEFT + (wrong / mostWrong) * (WIDTH - LEFT - RIGHT));
  const y = (saved: number) => round(HEIGHT - BOTTOM - (saved / mostSaved) * (HEIGHT - BOTTOM - TOP));
  const grid = [0, 1, 2, 3, 4, 5].flatMap((step) => {
    const wrong = (mostWrong * step) / 5;
    const saved = (mostSaved * step) / 5;
    return [
      `<line class="grid" x1="${x(wrong)}" y1="${y(0)}" x2="${x(wrong)}" y2="${y(mostSaved)}"/>`,
      `<text x="${x(wrong)}" y="${y(0) + 18}" text-anchor="middle">${wrong}</text>`,
      `<line class="grid" x1="${x(0)}" y1="${y(saved)}" x2="${x(mostWrong)}" y2="${y(saved)}"/>`,
      `<text x="${x(0) - 8}" y="${y(saved) + 4}" text-anchor="end">${saved}</text>`,
    ];
  });
  const drawn = series.flatMap(({ name, points, marks }, index) => {
    const colour = COLOURS[index % COLOURS.length];
    const line = points.map(({ wrongPer100, savedPer100 }) => `${x(wrongPer100)},${y(savedPer100)}`).join(" ");
    return [
      `<polyline points="${line}" fill="none" stroke="${colour}" stroke-width="2"/>`,
      ...points.map(
        (point) => `<circle cx="${x(point.wrongPer100)}" cy="${y(point.savedPer100)}" r="2.5" fill="${colour}"/>`,
      ),
      ...marks.map(
        (mark) =>
          `<circle cx="${x(mark.wrongPer100)}" cy="${y(mark.savedPer100)}" r="6" fill="none" stroke="${colour}" stroke-width="2"/>` +
          `<text x="${x(mark.wrongPer100) + 9}" y="${y(mark.savedPer100) + 4}">${escapeXml(mark.name)}</text>`,
      ),
      `<rect x="${WIDTH - 190}" y="${HEIGHT - BOTTOM - 22 - 20 * index}" width="12" height="12" fill="${colour}"/>`,
      `<text x="${WIDTH - 172}" y="${HEIGHT - BOTTOM - 12 - 20 * index}">${escapeXml(name)}</text>`,
    ];
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeXml(title)}">
  <style>${STYLE}</style>
  <text x="${LEFT}" y="18">${escapeXml(title)}</text>
  ${[...grid, ...drawn].join("\n  ")}
  <text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 10}" text-anchor="middle">wrong characters shown per 100 keys</text>
  <text x="16" y="${HEIGHT / 2}" text-anchor="middle" transform="rotate(-90 16 ${HEIGHT / 2})">keys saved per 100</text>
</svg>
`;
}

function niceEnd(value: number): number {
  const step = value <= 25 ? 5 : value <= 100 ? 10 : 50;
  return Math.ceil(value / step) * step;
}

function round(value: number): number {
  return Math.round(10 * value) / 10;
}
