/**
 * Measures what stop rules and filters do to correct text. Text is taken out of real files at places where people type.
 * It goes through the stop rules and filters as if a model had written it, and must give the original document.
 */
import { afterCache, beforeCache } from "../completion/filters/index.ts";
import { shapeOf } from "../completion/lineOrBlock.ts";
import { stopFor } from "../completion/stops/index.ts";
import { type CursorContext, cursorContext } from "../text/cursor.ts";
import { lineEnd } from "../text/lines.ts";
import { isWordCharacter } from "../text/words.ts";

/**
 * Where text is missing, and what the model writes there: the rest of a line; a part in the middle of a line; or such a
 * part followed by the rest of the line, which is in the document already.
 */
export const KINDS = ["line end", "middle", "middle, model runs on"] as const;
export type Kind = (typeof KINDS)[number];

export interface SourceText {
  path: string;
  languageId: string;
  /** LF between lines. */
  text: string;
}

export interface TruePlace extends SourceText {
  kind: Kind;
  /** Offset of the cursor in the text. */
  start: number;
  /** The offset at which the missing text ends, and the text after the cursor begins. */
  end: number;
}

export type Outcome = "right" | "dropped" | "shortened" | "damaged";

export interface Judgement {
  outcome: Outcome;
  /** The stop rule or filter that changed the text first; "" when the text is right. */
  cause: string;
  /** The text from the cursor on as it results, to see what went wrong. */
  result: string;
}

export interface HarmRow {
  runs: number;
  right: number;
  dropped: number;
  shortened: number;
  damaged: number;
}

export interface Harm {
  kinds: Record<Kind, HarmRow>;
  languages: Map<string, HarmRow>;
  /** How often a stop or filter changed correct text, by kind of place, outcome and name. */
  causes: Map<string, number>;
}

const NO_RUNS: HarmRow = { runs: 0, right: 0, dropped: 0, shortened: 0, damaged: 0 };

export function emptyHarm(): Harm {
  const [end, middle, runsOn] = [{ ...NO_RUNS }, { ...NO_RUNS }, { ...NO_RUNS }];
  const kinds = { "line end": end, middle, "middle, model runs on": runsOn };
  return { kinds, languages: new Map(), causes: new Map() };
}

export function addJudgement(harm: Harm, { kind, languageId }: TruePlace, { outcome, cause }: Judgement): void {
  const language = harm.languages.get(languageId) ?? { ...NO_RUNS };
  harm.languages.set(languageId, language);
  for (const row of [harm.kinds[kind], language]) {
    row.runs++;
    row[outcome]++;
  }
  if (outcome === "right") return;
  const name = `${kind}: ${outcome} by ${cause === "" ? "nothing: the text runs on" : cause}`;
  harm.causes.set(name, (harm.causes.get(name) ?? 0) + 1);
}

/** Lines longer than this are data. */
const LONGEST_LINE = 200;

/**
 * Chooses random places in a text.
 *
 * @param count of each kind, where the text has so many lines.
 */
export function placesIn(source: SourceText, count: number, random: () => number): TruePlace[] {
  const lines: { start: number; end: number }[] = [];
  let start = 0;
  for (const line of source.text.split("\n")) {
    if (line.trim().length >= 3 && line.length <= LONGEST_LINE) lines.push({ start, end: start + line.length });
    start += line.length + 1;
  }
  const places: TruePlace[] = [];
  for (let index = 0; index < count && lines.length > 0; index++) {
    const line = lines[Math.floor(random() * lines.length)] as { start: number; end: number };
    const stops = stopsIn(source.text, line.start, line.end);
    const first = stops[Math.floor(random() * stops.length)] ?? line.start;
    if (source.text.slice(first, line.end).trim() === "") continue;
    places.push({ ...source, kind: "line end", start: first, end: line.end });
    const last = stops.filter((stop) => stop > first && stop < line.end);
    const end = last[Math.floor(random() * last.length)];
    if (end === undefined || isWordCharacter(source.text[end]) || source.text.slice(first, end).trim() === "") continue;
    places.push({ ...source, kind: "middle", start: first, end });
    places.push({ ...source, kind: "middle, model runs on", start: first, end });
  }
  return places;
}

/** The offsets of a line where people stop typing: after a word, a blank or a mark, but not between two equal marks. */
function stopsIn(text: string, start: number, end: number): number[] {
  const first = start + (text.slice(start, end).search(/\S/) + 1);
  const stops: number[] = [];
  for (let offset = first; offset < end; offset++) {
    const [before, behind] = [text.charAt(offset - 1), text.charAt(offset)];
    if (before !== behind && !(isWordCharacter(before) && isWordCharacter(behind))) stops.push(offset);
  }
  return stops;
}

export function judge(place: TruePlace): Judgement {
  const { text, start, end, kind } = place;
  const document = { ...place, text: text.slice(0, start) + text.slice(end) };
  const context = cursorContext(document, start);
  const said = kind === "middle" ? text.slice(start, end) : saidAt(place, context);
  // In the middle of a line, the original also has the rest of that line.
  const truth = kind === "line end" ? said : text.slice(start, lineEnd(text, end));
  let cause = "";
  const blame = (name: string) => {
    if (cause === "") cause = name;
  };
  const stopped = stop(said, context, blame);
  const first = beforeCache(stopped, context, blame);
  const verdict = first.kind === "keep" ? afterCache(stopped, context, stopped, blame) : first;
  if (verdict.kind === "drop") return { outcome: "dropped", cause: `${cause}: ${verdict.reason}`, result: "" };
  const { text: shown, replaceLength } = verdict.suggestion;
  const result = shown + context.restOfLine.slice(replaceLength);
  if (trimEnds(result) === trimEnds(truth)) return { outcome: "right", cause: "", result };
  const isShorter = replaceLength === 0 && text.slice(start).startsWith(shown) && shown.length < end - start;
  return {
    outcome: isShorter || (kind === "line end" && truth.startsWith(shown)) ? "shortened" : "damaged",
    cause,
    result,
  };
}

/** What a correct model would write: the rest of the line, or of the block when a block is requested. */
function saidAt({ text, start, end, kind }: TruePlace, context: CursorContext): string {
  const line = text.slice(start, kind === "line end" ? end : lineEnd(text, end));
  return kind === "line end" && shapeOf(context, false) === "block" ? line + blockBelow(text, end) : line;
}

/** The lines below that are deeper than the line, up to the first blank one. */
function blockBelow(text: string, end: number): string {
  const below = text.slice(end + 1).split("\n");
  const head = text.slice(text.lastIndexOf("\n", end - 1) + 1, end);
  const depth = /^[ \t]*/.exec(head)?.[0].length ?? 0;
  const block: string[] = [];
  for (const next of below) {
    if (next.trim() === "" || (/^[ \t]*/.exec(next)?.[0].length ?? 0) <= depth) break;
    block.push(next);
  }
  return block.map((next) => `\n${next}`).join("");
}

function stop(said: string, context: CursorContext, blame: (name: string) => void): string {
  const shape = shapeOf(context, false);
  for (let length = 1; length <= said.length; length++) {
    const found = stopFor(said.slice(0, length), context, shape);
    if (found === undefined) continue;
    if (found.end < said.length) blame(`stop ${found.name}`);
    return said.slice(0, found.end);
  }
  return said;
}

function trimEnds(text: string): string {
  return text
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}
