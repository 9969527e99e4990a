/**
 * What each command asks the model, and how the answer begins and ends. Each has one short task, because a model of two
 * billion parameters cannot follow long instructions. An answer that must be code is begun for the model, so that no
 * sentence comes before the code, and ends with the fence.
 */
import type { EditTask } from "../protocol/tasks.ts";
import { type DocStyle, languageOf } from "../text/languages.ts";

/** The same for all commands and for the chat, so that it is computed once. */
export const SYSTEM = "You are a programming assistant. Answer briefly and precisely.";

export interface TaskPrompt {
  instruction: string;
  /** The beginning of the answer. */
  opening: string;
  stop: string[];
}

const CODE_ONLY = "Answer with the new code of this part only.";
const DEFAULT_REFACTORING = "Make it simpler and easier to read, and keep what it does.";

/**
 * @param instruction the user's, or the problem to fix; may be "".
 * @param fence encloses the answer; longer than any inside.
 * @param doc how a documentation comment is written in this place.
 */
export function editPrompt(
  task: EditTask,
  languageId: string,
  instruction: string,
  fence: string,
  doc: DocStyle = languageOf(languageId).doc,
): TaskPrompt {
  const code = (text: string): TaskPrompt => ({
    instruction: text,
    opening: `${fence}${languageId}\n`,
    stop: [`\n${fence}`],
  });
  switch (task) {
    case "refactor":
      return code(`Rewrite this part. ${instruction.trim() || DEFAULT_REFACTORING}\n${CODE_ONLY}`);
    case "fix":
      return code(`This part has a problem: ${instruction.trim()}\nFix it. ${CODE_ONLY}`);
    case "edit":
      return code(`Change this part: ${instruction.trim()}\n${CODE_ONLY}`);
    case "tests":
      return code("Write unit tests for this part. Answer with the code of a test file only.");
    case "document": {
      const { open, line, close, below } = doc;
      const text = "Describe this part in one to three short sentences, then its parameters and what it returns.";
      return {
        instruction: `${text}\nAnswer with the documentation comment only.`,
        // The beginning of the answer is part of the answer: see parseDoc.
        opening: `${fence}${languageId}\n${below ? open : `${open}${open && "\n"}${line}`}`,
        // A comment's text may contain the mark that ends comments, as in `src/**/*.ts`, so only a mark that stands alone
        // ends the answer.
        stop: [`\n${fence}`, ...(open === "" ? [] : below ? [close] : [` ${close.trim()}`, `\n${close.trim()}`])],
      };
    }
  }
}

export const EXPLAIN = "Explain what this part does, step by step, in a few short sentences.";
export const EXPLAIN_TERMINAL = "Explain this output of a terminal. If it shows an error, say what to do about it.";

export function namePrompt(name: string): TaskPrompt {
  return {
    instruction: `Suggest five better names for ${name}. Answer with the names only, one a line.`,
    opening: "1. ",
    stop: ["\n\n", "\n6."],
  };
}

export const COMMIT: TaskPrompt = {
  instruction:
    "Write the commit message for this change: one line of at most 70 characters that says what it does, in the " +
    "imperative. Answer with the message only.",
  opening: "",
  stop: ["\n\n\n"],
};
