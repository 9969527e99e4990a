/**
 * A recorded or made-up edit session that a replay plays. It is plain data in the form of a `--script` file.
 */

export interface ScriptFile {
  /** Relative to the workspace, with forward slashes. */
  path: string;
  languageId: string;
  text: string;
}

/** A change with UTF-16 offsets, which refer to the text after the previous changes of the same list. */
export interface ScriptChange {
  offset: number;
  length: number;
  text: string;
}

/** The kind of keystroke. "over" types a character that the editor had already inserted (a closing bracket). */
export type Key = "type" | "enter" | "backspace" | "over";

export type ScriptEvent =
  /** The editor shows a file with the cursor at an offset: for the first time (open), or again (switch). */
  | { kind: "show"; file: number; offset: number; afterMs: number }
  /** The cursor moves in the shown file without typing, by a click, an arrow key or a search. */
  | { kind: "move"; offset: number; afterMs: number }
  /** A keystroke in the shown file. `offset` is the cursor after it. */
  | { kind: "key"; key: Key; changes: ScriptChange[]; offset: number; afterMs: number };

export interface EditScript {
  files: ScriptFile[];
  events: ScriptEvent[];
}

/**
 * Checks a script that was read from a file.
 * @throws Error with one line that names the place
 */
export function parseScript(value: unknown): EditScript {
  const root = record(value, "the script");
  const files = list(root.files, "files").map((item, index) => {
    const file = record(item, `files[${index}]`);
    const field = (name: string) => string(file[name], `files[${index}].${name}`);
    return { path: field("path"), languageId: field("languageId"), text: field("text") };
  });
  if (files.length === 0) throw new Error("files is empty");
  const texts = files.map((file) => file.text);
  let shown = -1;
  const events = list(root.events, "events").map((item, index): ScriptEvent => {
    const at = `events[${index}]`;
    const event = record(item, at);
    const afterMs = number(event.afterMs ?? 0, `${at}.afterMs`, Number.MAX_SAFE_INTEGER);
    if (event.kind === "show") {
      shown = number(event.file, `${at}.file`, files.length - 1);
      return { kind: "show", file: shown, offset: offsetIn(event, at), afterMs };
    }
    if (shown === -1) throw new Error(`${at} comes before any file is shown`);
    if (event.kind === "move") {
      return { kind: "move", offset: offsetIn(event, at), afterMs };
    }
    if (event.kind !== "key") throw new Error(`${at}.kind is neither show, move nor key`);
    const key = event.key;
    if (key !== "type" && key !== "enter" && key !== "backspace" && key !== "over") {
      throw new Error(`${at}.key is neither type, enter, backspace nor over`);
    }
    const changes = list(event.changes, `${at}.changes`).map((one, position): ScriptChange => {
      const where = `${at}.changes[${position}]`;
      const change = record(one, where);
      const length = texts[shown]?.length ?? 0;
      const offset = number(change.offset, `${where}.offset`, length);
      const parsed = {
        offset,
        length: number(change.length, `${where}.length`, length - offset),
        text: string(change.text, `${where}.text`),
      };
      texts[shown] = applyChanges(texts[shown] ?? "", [parsed]);
      return parsed;
    });
    return { kind: "key", key, changes, offset: offsetIn(event, at), afterMs };
  });
  return { files, events };

  function offsetIn(event: Record<string, unknown>, at: string): number {
    return number(event.offset, `${at}.offset`, texts[shown]?.length ?? 0);
  }
}

export function applyChanges(text: string, changes: readonly ScriptChange[]): string {
  return changes.reduce(
    (result, { offset, length, text: inserted }) => result.slice(0, offset) + inserted + result.slice(offset + length),
    text,
  );
}

function record(value: unknown, name: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error(`${name} is not an object`);
  return value as Record<string, unknown>;
}

function list(value: unknown, name: string): unknown[] {
  if (!Array.isArray(value)) throw new Error(`${name} is not a list`);
  return value;
}

function string(value: unknown, name: string): string {
  if (typeof value !== "string") throw new Error(`${name} is not a text`);
  return value;
}

function number(value: unknown, name: string, high: number): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value > high) {
    throw new Error(`${name} is not a whole number from 0 to ${high}`);
  }
  return value;
}
