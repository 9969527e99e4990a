/**
 * A command that changes code, without the model: what is asked, where the answer goes, and how it is used. It has no
 * side effects, so that it can be measured with answers that are known to be right.
 */
import { editPrompt, type TaskPrompt } from "../../prompt/taskPrompts.ts";
import type { AnswerEnd } from "../../protocol/chat.ts";
import type { CodeContext, EditTask, LineSpan } from "../../protocol/tasks.ts";
import { answerFence } from "../../text/fences.ts";
import { testFileOf } from "../../text/languages.ts";
import { linesOf } from "../../text/lines.ts";
import { languageAt } from "./docFocus.ts";
import { docPlace } from "./docTarget.ts";
import { parseDoc } from "./parseDoc.ts";
import { type ParsedEdit, parseEdit } from "./parseEdit.ts";
import { reindent } from "./reindent.ts";

export interface EditPlan {
  prompt: TaskPrompt;
  /** The lines that the new text replaces. */
  target: LineSpan;
  /** The file whose end the text goes to, relative to the workspace folder; "" for the file itself. */
  file: string;
  parse(answer: string, end: AnswerEnd): ParsedEdit;
  /** As much of the new text as has been written, in whole lines, for showing it. */
  soFar(answer: string): string;
}

/** @param focus the lines in question. */
export function planEdit(task: EditTask, code: CodeContext, focus: LineSpan, instruction: string): EditPlan {
  const { languageId, indent } = code;
  const lines = linesOf(code.text);
  const fence = answerFence(languageId, code.text);
  if (task === "document") {
    const language = languageAt(languageId, lines, focus.start);
    const { target, style } = docPlace(language, lines, focus, indent);
    return {
      prompt: editPrompt(task, language, instruction, fence, style),
      target,
      file: "",
      parse: (answer, end) => parseDoc(answer, end, { languageId: language, lines, focus, indent, fence }),
      soFar: () => "",
    };
  }
  const isNew = task === "tests";
  const target = isNew ? { start: 0, end: 0 } : focus;
  const original = lines.slice(target.start, target.end);
  const around = isNew ? undefined : { before: lines.slice(0, target.start), after: lines.slice(target.end) };
  const sample = isNew ? lines : [];
  const request = { sample, original: original.join("\n"), languageId, indent, fence, ...(around && { around }) };
  return {
    prompt: editPrompt(task, languageId, instruction, fence),
    target,
    file: isNew ? testFileOf(code.path) : "",
    parse: (answer, end) => parseEdit(answer, end, request),
    soFar: (answer) => reindent(linesOf(answer), original, indent, { languageId, around, sample }).join("\n"),
  };
}
