/**
 * The files that a question is about. Code of an answer is applied to one of them, whatever the editor shows by then.
 */
import type { ChatAction, Subject } from "../protocol/conversations.ts";
import { linesOf, sliceLines } from "../text/lines.ts";
import type { Conversation } from "./conversation.ts";

/** The text serves only to find the lines again, so no more than this many characters are kept. */
const LONGEST_TEXT = 20_000;

export function subjectsOf({ attachments, code }: Extract<ChatAction, { type: "ask" }>): Subject[] {
  const lines = code && { path: code.path, text: sliceLines(linesOf(code.text), code.selection) };
  const parts = attachments
    .filter(({ kind, path }) => kind !== "terminal" && path !== "")
    .map(({ kind, path, text }) => ({ path, text: kind === "selection" ? text : "" }));
  const all = [...(lines === undefined ? [] : [lines]), ...parts];
  return all.map(({ path, text }) => ({ path, text: text.length > LONGEST_TEXT ? "" : text }));
}

/**
 * The files that an answer is about: those of its own question, else those of the latest earlier question that had any.
 */
export function subjectsOfAnswer({ turns }: Conversation, answer: number): Subject[] {
  const asked = turns.findLast(({ id, about }) => id < answer && about !== undefined && about.length > 0);
  return asked?.about ?? [];
}
