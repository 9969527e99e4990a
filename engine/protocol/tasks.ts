/** Commands on code, such as refactor, fix and document. */
import * as v from "valibot";
import { ProgressType } from "vscode-jsonrpc";
import { count, notification, number, request, text } from "./checked.ts";

/** Whole lines, counted from 0; the end is not part of it, and an empty span is the place before a line. */
export const lineSpan = v.object({ start: count, end: count });
export type LineSpan = v.InferOutput<typeof lineSpan>;

export const codeSymbol = v.object({
  ...lineSpan.entries,
  name: text,
  /** Something that is complete in itself: a function, a method, a class, and the like. */
  isBlock: v.boolean(),
});
export type CodeSymbol = v.InferOutput<typeof codeSymbol>;

/** A place in a file, with what only the editor knows about it. */
export const codeContext = v.object({
  path: text,
  languageId: text,
  text,
  /** Empty when only a cursor is there, at its line. */
  selection: lineSpan,
  /** Those around the selection, the outermost first. */
  symbols: v.array(codeSymbol),
  /** Spaces of one step of indentation, or "tab". */
  indent: v.union([number, v.literal("tab")]),
});
export type CodeContext = v.InferOutput<typeof codeContext>;

export const editTask = v.picklist(["refactor", "fix", "document", "tests", "edit"]);
export type EditTask = v.InferOutput<typeof editTask>;

export const taskRequest = v.variant("task", [
  v.object({ task: editTask, code: codeContext, instruction: text }),
  v.object({ task: v.literal("name"), code: codeContext, name: text }),
  v.object({ task: v.literal("commit"), diff: text }),
]);
export type TaskRequest = v.InferOutput<typeof taskRequest>;

export type TaskProgress =
  /**
   * What the text will replace, sent once and first; with a file (relative to the workspace folder) it goes to
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

export const task = request<TaskResult>()("task", v.intersect([taskRequest, v.object({ progressToken: number })]));

/**
 * Fits code out of an answer to a place: the edit that puts it there, or "chat" with the reason why it does not fit.
 * `asked` are the lines that the question was about, as they were; where they still stand in the file, they are the place.
 */
export const fitCode = request<TaskResult>()(
  "task/fit",
  v.object({ code: codeContext, text, asked: v.exactOptional(text) }),
);

/** Code of an answer as it goes in at the cursor, between what is before and after it on its line. */
export const insertCode = request<string>()(
  "task/insert",
  v.object({ code: codeContext, text, before: text, after: text }),
);

/** A command is about to be given for this place: its prompt is computed ahead. */
export const taskExpected = notification("task/expected", v.object({ code: codeContext }));
