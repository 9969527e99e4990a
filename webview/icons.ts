/** Icons of 16 x 16 in the colour of the text. Screen readers ignore them; their buttons have names. */

const PATHS = {
  copy: "M5 2.5h7.5v9M3.5 4.5h7v9h-7z",
  insert: "M3 8h7M7.5 5l3 3-3 3M13 3v10",
  newFile: "M4 2.5h5l3 3v8H4zM8 7v4M6 9h4",
  apply: "M3 5h4M5 3v4M9.5 11h4M3 13.5 13 3",
  send: "M3 3l10.5 5L3 13l1.5-5zM4.5 8H9",
  stop: "M4.5 4.5h7v7h-7z",
  regenerate: "M13 8a5 5 0 1 1-1.6-3.7M13 2.5v3h-3",
  edit: "M3 13l.8-3L10.5 3.3l2.2 2.2L6 12.2z",
  delete: "M3.5 4.5h9M6.5 4V2.5h3V4M5 4.5l.5 9h5l.5-9",
  attach: "M8 3.5v9M3.5 8h9",
  close: "M4.5 4.5l7 7M11.5 4.5l-7 7",
  info: "M8 7.2v4M8 4.8v.4M8 2a6 6 0 1 0 0 12A6 6 0 1 0 8 2",
  think: "M6 11.5a4 4 0 1 1 4 0v1.5H6zM6.5 14.5h3",
  continue: "M4 3.5v9l5-4.5zM11.5 3.5v9",
} as const;

export type IconName = keyof typeof PATHS;

const SVG = "http://www.w3.org/2000/svg";

export function icon(name: IconName): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("width", "16");
  svg.setAttribute("height", "16");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  path.setAttribute("fill", "none");
  path.setAttribute("stroke", "currentColor");
  svg.append(path);
  return svg;
}
