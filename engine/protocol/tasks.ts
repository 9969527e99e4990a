/** Commands on code, such as refactor, fix and document. */
import { NotificationType, ProgressType, RequestType } from "vscode-jsonrpc";

/** Whole lines, counted from 0; the end is not part of it, and an empty span is the place before a line. */
export interface LineSpan {
  start: number;
  end: number;
}

export interface CodeSymbol extends LineSpan {
  name: string;
  /** Something that stands for itself: a function, a method, a class, and the like. */
  isBlock: boolean;
}

/** A place in a file, with what only the editor knows about it. */
export interface CodeContext {
  path: string;
  languageId: string;
  text: string;
  /** Empty when only a cursor is there, at its line. */
  selection: LineSpan;
  /** Those round the selection, the outermost first. */
  symbols: CodeSymbol[];
  /** Spaces of one step of indentation, or "tab". */
  indent: number | "tab";
}

export type EditTask = "refactor" | "fix" | "document" | "tests" | "edit";

export type TaskRequest =
  | { task: EditTask; code: CodeContext; instruction: string }
  | { task: "name"; code: CodeContext; name: string }
  | { task: "commit"; diff: string };

export type TaskProgress =
  /**
   * What the text will stand in place of, sent once and first; with a file (relative to the workspace folder) it goes to
   * that file's end.
   */
  | { type: "target"; target: LineSpan; file: string }
  /** All of the new text so far, whole lines; for a commit message, all of it so far. */
  | { type: "text"; text: string };

export type TaskResult =
  | { kind: "edit"; target: LineSpan; file: string; text: string }
  /** The answer is no edit that could be applied: it is shown as chat, with the reason. */
  | { kind: "chat"; question: string; text: string; reason: string }
  | { kind: "names"; names: string[] }
  | { kind: "message"; text: string }
  | { kind: "cancelled" };

export const taskProgress = new ProgressType<TaskProgress>();

export const task = new RequestType<TaskRequest & { progressToken: number }, TaskResult, void>("task");

/**
 * Fits code out of an answer to a place: the edit that puts it there, or "chat" with the reason why it does not fit.
 * `asked` are the lines that the question was about, as they were; where they still stand in the file, they are the place.
 */
export const fitCode = new RequestType<{ code: CodeContext; text: string; asked?: string }, TaskResult, void>(
  "task/fit",
);

/** Code of an answer as it goes in at the cursor, between what stands before and behind it on its line. */
export const insertCode = new RequestType<
  { code: CodeContext; text: string; before: string; after: string },
  string,
  void
>("task/insert");

/** A command is about to be given for this place: its prompt is computed ahead. */
export const taskExpected = new NotificationType<{ code: CodeContext }>("task/expected");
