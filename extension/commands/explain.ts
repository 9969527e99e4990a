/** Commands that ask the chat: about code, and about the output in the terminal. */
import type { CodeContext } from "../../engine/protocol/tasks.ts";
import { terminalAttachment } from "../chat/attachments.ts";
import { codeContext } from "./codeContext.ts";
import { type ActionPlace, type EditDependencies, placeOf } from "./edits.ts";

/** Asks about the selection, or else about the symbol around the cursor. */
export async function explain(deps: EditDependencies, given?: ActionPlace): Promise<void> {
  const { document, range } = await placeOf(given, deps);
  const code = await codeContext(document, range, deps.access);
  await deps.chat.focus();
  await deps.chat.relay.ask({ text: titleOf(code), attachments: [], task: "explain", code }, true);
}

export async function explainTerminal({ chat, access }: Pick<EditDependencies, "chat" | "access">): Promise<void> {
  const attachment = await terminalAttachment(access);
  await chat.focus();
  await chat.relay.ask({ text: "Explain this terminal output", attachments: [attachment], task: "terminal" }, true);
}

function titleOf({ path, selection: { start, end }, symbols }: CodeContext): string {
  if (end > start) {
    return `Explain this code (${path}, ${end > start + 1 ? `lines ${start + 1} to ${end}` : `line ${end}`})`;
  }
  const symbol = symbols.findLast(({ isBlock }) => isBlock);
  return symbol === undefined
    ? `Explain the code around line ${start + 1} of ${path}`
    : `Explain ${symbol.name} (${path}, lines ${symbol.start + 1} to ${symbol.end})`;
}
