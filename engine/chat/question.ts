/** What the model is told when the user asks: a slash command's words, and what is attached. */
import { codePrompt, fenced } from "../prompt/codePrompt.ts";
import { focusOf } from "../prompt/focus.ts";
import { EXPLAIN, EXPLAIN_TERMINAL } from "../prompt/taskPrompts.ts";
import type { Attachment, TaskName } from "../protocol/conversations.ts";
import type { CodeContext } from "../protocol/tasks.ts";
import { withoutMention } from "./workspaceContext.ts";

export interface Question {
  /** What the model reads; "" when it is the text itself. */
  modelText: string;
  /** For people: what was left out; "" for nothing. */
  note: string;
  /** Beginning and end of each attachment in the text. */
  spans: [start: number, end: number][];
}

/** What the words after a slash ask for. Those that change code answer with the code, which can be applied from there. */
const SLASH: Record<string, string> = {
  explain: EXPLAIN,
  refactor: "Rewrite this code so that it is simpler and easier to read. Show the new code first.",
  fix: "Find what is wrong with this code. Show the corrected code first, then say in one sentence what was wrong.",
  doc: "Write the documentation comment for this code.",
  tests: "Write unit tests for this code.",
  name: "Suggest five better names for what this code defines, with a reason of a few words each.",
  terminal: EXPLAIN_TERMINAL,
};

const INSTRUCTIONS: Partial<Record<TaskName, string>> = { explain: EXPLAIN, terminal: EXPLAIN_TERMINAL };

/**
 * @param room tokens for the question.
 * @param count tokens of a text.
 */
export function question(
  asked: { text: string; attachments: readonly Attachment[]; task?: TaskName; code?: CodeContext },
  room: number,
  count: (text: string) => number,
): Question {
  const instruction = (asked.task && INSTRUCTIONS[asked.task]) ?? withoutSlash(withoutMention(asked.text));
  const { code } = asked;
  const focus = code && focusOf(asked.task ?? "explain", code);
  if (code !== undefined && focus !== undefined) {
    const { text, leftOut } = codePrompt(code, focus, instruction, room - count(instruction), count);
    return { modelText: text, note: leftOut && `The model does not see ${leftOut}.`, spans: [] };
  }
  if (asked.attachments.length === 0) {
    return { modelText: instruction === asked.text ? "" : instruction, note: "", spans: [] };
  }
  const { parts, cut } = attached(asked.attachments, room - count(instruction), count);
  let end = 0;
  return {
    modelText: [...parts, instruction].join("\n"),
    spans: parts.map((part): [number, number] => {
      const start = end;
      end += part.length + 1;
      return [start, end];
    }),
    note: cut.map((what) => `The model does not see ${what}.`).join(" "),
  };
}

/** "/explain this, please": the words of the command, and the user's own. Other text as it is. */
function withoutSlash(text: string): string {
  const [, name = "", rest = ""] = /^\/(\w+)(?:\s+([\s\S]*))?$/.exec(text.trim()) ?? [];
  const words = Object.hasOwn(SLASH, name) ? SLASH[name] : undefined;
  return words === undefined ? text : [words, rest.trim()].filter((part) => part !== "").join(" ");
}

/** What the model reads once the words of a question have changed: what is attached stays before them. */
export function reworded(modelText: string, text: string): string {
  const fence = modelText.lastIndexOf("\n```");
  const end = fence === -1 ? -1 : modelText.indexOf("\n", fence + 1);
  return end === -1 ? text : modelText.slice(0, end + 1) + withoutSlash(withoutMention(text));
}

function attached(
  attachments: readonly Attachment[],
  room: number,
  count: (text: string) => number,
): { parts: string[]; cut: string[] } {
  const parts: string[] = [];
  const cut: string[] = [];
  let left = room;
  for (const [index, attachment] of attachments.entries()) {
    const share = Math.max(0, left / (attachments.length - index));
    const lines = attachment.text.trimEnd().split("\n");
    let kept = lines.length;
    // By halves, then by what the measure says: a few counts suffice for a file of any length.
    while (kept > 0 && count(lines.slice(0, kept).join("\n")) > share) {
      const size = count(lines.slice(0, kept).join("\n"));
      kept = Math.min(kept - 1, Math.floor((kept * share) / size));
    }
    if (kept < lines.length) {
      cut.push(`the last ${lines.length - kept} of ${lines.length} lines of ${attachment.label}`);
    }
    const part = `${HEADINGS[attachment.kind]} ${attachment.label}:\n${fenced(attachment.languageId, lines.slice(0, kept).join("\n"))}`;
    parts.push(part);
    left -= count(part);
  }
  return { parts, cut };
}

const HEADINGS: Record<Attachment["kind"], string> = {
  selection: "Code from",
  file: "File",
  problem: "Problem in",
  terminal: "Output of",
};
