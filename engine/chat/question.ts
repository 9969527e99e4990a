/** What the model is told when the user asks: a slash command's words, and what is attached. */
import { codePrompt, fenced } from "../prompt/codePrompt.ts";
import { focusOf } from "../prompt/focus.ts";
import { EXPLAIN, EXPLAIN_TERMINAL } from "../prompt/taskPrompts.ts";
import type { Attachment, TaskName } from "../protocol/conversations.ts";
import type { CodeContext } from "../protocol/tasks.ts";

export interface Question {
  /** What the model reads; "" when it is the text itself. */
  modelText: string;
  /** For people: what was left out; "" for nothing. */
  note: string;
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
  const instruction = (asked.task && INSTRUCTIONS[asked.task]) ?? withoutSlash(asked.text);
  const { code } = asked;
  const focus = code && focusOf(asked.task ?? "explain", code);
  if (code !== undefined && focus !== undefined) {
    const { text, leftOut } = codePrompt(code, focus, instruction, room - count(instruction), count);
    return { modelText: text, note: leftOut && `The model does not see ${leftOut}.` };
  }
  if (asked.attachments.length === 0) {
    return { modelText: instruction === asked.text ? "" : instruction, note: "" };
  }
  const { parts, cut } = attached(asked.attachments, room - count(instruction), count);
  return {
    modelText: [...parts, instruction].join("\n"),
    note: cut.map((what) => `The model does not see ${what}.`).join(" "),
  };
}

/** "/explain this, please": the words of the command, and the user's own. Other text as it is. */
export function withoutSlash(text: string): string {
  const [, name = "", rest = ""] = /^\/(\w+)(?:\s+([\s\S]*))?$/.exec(text.trim()) ?? [];
  const words = Object.hasOwn(SLASH, name) ? SLASH[name] : undefined;
  return words === undefined ? text : [words, rest.trim()].filter((part) => part !== "").join(" ");
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
