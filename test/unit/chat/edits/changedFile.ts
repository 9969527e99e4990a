import assert from "node:assert/strict";
import { planEdit } from "../../../../engine/chat/edits/plan.ts";
import { focusOf } from "../../../../engine/prompt/focus.ts";
import type { CodeContext, EditTask } from "../../../../engine/protocol/tasks.ts";

/** A file in which the lines from the first that begins with ">" to the last are selected; the marks are removed. */
export function selected(languageId: string, text: string, indent: number | "tab" = 4): CodeContext {
  const lines = text.split("\n");
  const start = lines.findIndex((line) => line.startsWith(">"));
  const end = lines.findLastIndex((line) => line.startsWith(">")) + 1;
  const bare = lines.map((line) => line.replace(/^>/, "")).join("\n");
  return { path: "a", languageId, text: bare, selection: { start, end }, symbols: [], indent };
}

/** The file after a command whose model writes this, cut at the strings that end an answer; or the refusal. */
export function changed(task: EditTask, code: CodeContext, answer: string): string {
  const plan = planEdit(task, code, focusOf(task, code) ?? code.selection, "x");
  const ends = plan.prompt.stop.map((stop) => answer.indexOf(stop)).filter((at) => at !== -1);
  const parsed = plan.parse(answer.slice(0, Math.min(answer.length, ...ends)), "end");
  if (parsed.kind === "refused") return `refused: ${parsed.reason}`;
  const lines = code.text.split("\n");
  lines.splice(plan.target.start, plan.target.end - plan.target.start, ...parsed.text.split("\n"));
  return lines.join("\n");
}

export function assertRefused(result: string, reason: RegExp): void {
  assert.ok(result.startsWith("refused: ") && reason.test(result), result);
}
