/** What the view of models shows. Plain data in and out; modelsView.ts shows it. */
import type { ModelRow } from "../../engine/protocol/models.ts";

/** The models in use, by their paths; "" is the built-in model. */
export interface InUse {
  model: string;
  chatModel: string;
}

export interface RowText {
  label: string;
  description: string;
  tooltip: string[];
  icon: string;
  /** A value for the `when` clauses of the menus. */
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
  goodFor: "Suggestions at once, without a download. It does not answer questions.",
  needs: "",
  speed: "",
  codeScore: null,
  fits: true,
  chats: false,
  recommended: false,
  licence: { name: "MIT", url: "" },
  source: "comes with Sterna",
  packed: false,
  obstacle: "",
};

/** Separates the rows that are always shown from those in the folded group. */
export function arrange(rows: readonly ModelRow[]): { first: ModelRow[]; others: ModelRow[] } {
  const isFirst = ({ state, recommended }: ModelRow) => state !== "available" || recommended;
  return { first: rows.filter(isFirst), others: rows.filter((row) => !isFirst(row)) };
}

/** @param progress the engine's last report on its download. */
export function rowText(row: ModelRow, inUse: InUse, progress: string | undefined): RowText {
  const uses = usesOf(row, inUse);
  const tooltip = [
    row.goodFor,
    row.needs && `It ${row.needs}.`,
    row.codeScore === null ? "" : `Code score (HumanEval+): ${row.codeScore} %`,
    row.obstacle,
    row.licence.name && `Licence: ${row.licence.name}`,
    `Source: ${row.source}`,
    row.path && `Path: ${row.path}`,
  ].filter((line) => line !== "");
  return {
    label: row.name,
    description: descriptionOf(row, uses, progress),
    tooltip,
    icon: iconOf(row, uses.length > 0),
    context: contextOf(row, uses.length > 0),
  };
}

function descriptionOf(row: ModelRow, uses: readonly string[], progress: string | undefined): string {
  const size = row.bytes > 0 ? gigabytes(row.bytes) : "";
  const code = row.codeScore === null ? "" : `code ${Math.round(row.codeScore)}`;
  const parts = (...words: string[]) => words.filter((word) => word !== "").join(", ");
  switch (row.state) {
    case "downloading":
      return progress ?? "downloading";
    case "partial":
      return `${gigabytes(row.partialBytes)} of ${size} downloaded`;
    case "installed":
      return uses.length > 0 ? `in use: ${uses.join(" and ")}` : parts("installed", row.speed, code);
    case "available":
      return parts(
        row.recommended ? "recommended" : "",
        row.fits ? "" : "too large for this machine",
        size,
        row.speed,
        code,
      );
  }
}

/** What a model is in use for. A model that cannot chat is never called in use for the chat. */
function usesOf({ state, path, chats }: ModelRow, { model, chatModel }: InUse): string[] {
  if (state !== "installed") return [];
  const chat = chatModel === "" ? model : chatModel;
  return [path === model ? "suggestions" : "", chats && path === chat ? "chat" : ""].filter((use) => use !== "");
}

function iconOf({ state, obstacle, fits, recommended }: ModelRow, isUsed: boolean): string {
  if (isUsed) return "check";
  if (state === "downloading") return "sync~spin";
  if (state === "partial") return "debug-pause";
  if (state === "installed") return "package";
  if (obstacle !== "" || !fits) return "circle-slash";
  return recommended ? "star-empty" : "cloud-download";
}

function contextOf({ id, state, obstacle, packed, chats }: ModelRow, isUsed: boolean): string {
  if (obstacle !== "" && state === "available") return "unusable";
  if (state !== "installed") return state;
  const words = [
    "installed",
    isUsed ? "used" : "",
    id === BUILTIN_ID ? "builtin" : "",
    packed ? "packed" : "",
    chats ? "chats" : "",
  ];
  return words.filter((word) => word !== "").join(" ");
}

export function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
