/** Commands on code, such as refactor, fix and document. */
import * as v from "valibot";
import { ProgressType } from "vscode-jsonrpc";
import { count, notification, number, request, text } from "./checked.ts";

/** Whole lines counted from 0; `end` is exclusive. An empty span is the place before a line. */
export const lineSpan = v.object({ start: count, end: count });
export type LineSpan = v.InferOutput<typeof lineSpan>;

export const codeSymbol = v.object({
  ...lineSpan.entries,
  name: text,
  /** Whether it is complete in itself: a function, a method, a class, and the like. */
  isBlock: v.boolean(),
});
export type CodeSymbol = v.InferOutput<typeof codeSymbol>;

/** A place in a file, with the information that only the editor has. */
export const codeContext = v.object({
  path: text,
  languageId: text,
  text,
  /** Empty when there is only a cursor, at the cursor's line. */
  selection: lineSpan,
  /** The symbols around the selection, the outermost first. */
  symbols: v.array(codeSymbol),
  /** One step of indentation in spaces, or "tab". */
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
   * The lines that the text will replace; sent once, before the text. With a file (a path relative to the workspace
   * folder) the text is appended to that file.
   */
  | { type: "target"; target: LineSpan; file: string }
  /** The new text so far, in whole lines; for a commit message, everything written so far. */
  | { type: "text"; text: string };

export type TaskResult =
  | { kind: "edit"; target: LineSpan; file: string; text: string }
  /** The answer is no edit that could be applied, so it is shown in the chat, with the reason. */
  | { kind: "chat"; question: string; text: string; reason: string }
  | { kind: "names"; names: string[] }
  | { kind: "message"; text: string }
  | { kind: "cancelled" };

export const taskProgress = new ProgressType<TaskProgress>();

export const task = request<TaskResult>()("task", v.intersect([taskRequest, v.object({ progressToken: number })]));

/**
 * Fits code from an answer to a place. The result is the edit that puts it there, or "chat" with the reason why it does
 * not fit. `asked` are the lines that the question was about; if they are still in the file, they are the place.
 */
export const fitCode = request<TaskResult>()(
  "task/fit",
  v.object({ code: codeContext, text, asked: v.exactOptional(text) }),
);

/** Code from an answer as it is inserted at the cursor, between the text before and after it on its line. */
export const insertCode = request<string>()(
  "task/insert",
  v.object({ code: codeContext, text, before: text, after: text }),
);

/** A command is about to be called for this place, so its prompt is computed in advance. */
export const taskExpected = notification("task/expected", v.object({ code: codeContext }));
