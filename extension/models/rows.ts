/** What the view of models shows for a row. Plain data in and out; view.ts shows it. */
import type { ModelRow } from "../../engine/protocol/models.ts";

/** Which models are in use, by their paths; "" is the built-in one. */
export interface InUse {
  model: string;
  chatModel: string;
}

export interface RowText {
  label: string;
  description: string;
  tooltip: string[];
  icon: string;
  /** For the `when` clauses of the menus. */
  context: string;
}

export const BUILTIN_ID = "";

/** The model that comes with the extension. */
export const BUILTIN: ModelRow = {
  id: BUILTIN_ID,
  name: "Built-in model",
  state: "installed",
  path: "",
  bytes: 0,
  partialBytes: 0,
  goodFor: "Completions at once, without a download. It does not answer questions.",
  needs: "",
  fits: true,
  licence: { name: "MIT", url: "" },
  source: "comes with Sterna",
  packed: false,
  obstacle: "",
};

/** @param progress what the engine last told of its download */
export function rowText(row: ModelRow, inUse: InUse, progress: string | undefined): RowText {
  const uses = usesOf(row, inUse);
  const size = row.bytes > 0 ? gigabytes(row.bytes) : "";
  const description: string[] = [];
  if (row.state === "downloading") description.push(progress ?? "downloading");
  else if (row.state === "partial") description.push(`${gigabytes(row.partialBytes)} of ${size} downloaded`);
  else if (uses.length > 0) description.push(`in use: ${uses.join(" and ")}`);
  else if (row.state === "installed") description.push("installed", size);
  else description.push(size, row.fits ? "" : "too large for this machine");
  const tooltip = [
    row.goodFor,
    row.needs && `${capitalised(row.needs)}.`,
    row.obstacle,
    row.licence.name && `Licence: ${row.licence.name}`,
    `Source: ${row.source}`,
    row.path && `Path: ${row.path}`,
  ].filter((line) => line !== "");
  return {
    label: row.name,
    description: description.filter((word) => word !== "").join(", "),
    tooltip,
    icon: iconOf(row, uses.length > 0),
    context: contextOf(row, uses.length > 0),
  };
}

function usesOf({ state, path }: ModelRow, { model, chatModel }: InUse): string[] {
  if (state !== "installed") return [];
  const chat = chatModel === "" ? model : chatModel;
  return [path === model ? "completions" : "", path === chat ? "chat" : ""].filter((use) => use !== "");
}

function iconOf({ state, obstacle, fits }: ModelRow, isUsed: boolean): string {
  if (isUsed) return "check";
  if (state === "downloading") return "sync~spin";
  if (state === "partial") return "debug-pause";
  if (state === "installed") return "package";
  return obstacle !== "" || !fits ? "circle-slash" : "cloud-download";
}

function contextOf({ id, state, obstacle, packed }: ModelRow, isUsed: boolean): string {
  if (obstacle !== "" && state === "available") return "unusable";
  if (state !== "installed") return state;
  return ["installed", isUsed ? "used" : "", id === BUILTIN_ID ? "builtin" : "", packed ? "packed" : ""]
    .filter((word) => word !== "")
    .join(" ");
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(2)} GB`;
}
