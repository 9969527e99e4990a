/** Messages of VS Code's language model API as messages for the engine. Free of `vscode`. */
import type { ChatMessage } from "../../engine/protocol/chat.ts";

/** Just what is needed of a message, whatever class it is of. */
export interface RequestMessage {
  /** 1 user, 2 assistant; others count as user. */
  role: number;
  content: string | readonly unknown[];
}

const ASSISTANT = 2;

/** The text of a message's parts; results of tools and pictures are left out. */
export function textOf(content: RequestMessage["content"]): string {
  if (typeof content === "string") {
    return content;
  }
  return content
    .map((part) =>
      typeof part === "object" && part !== null && "value" in part && typeof part.value === "string" ? part.value : "",
    )
    .join("");
}

/** In order; neighbours of one role become one message, as the model was trained. */
export function engineMessages(messages: readonly RequestMessage[]): ChatMessage[] {
  const result: ChatMessage[] = [];
  for (const { role, content } of messages) {
    const text = textOf(content).trim();
    const next: ChatMessage["role"] = role === ASSISTANT ? "assistant" : "user";
    const last = result.at(-1);
    if (text === "") {
      continue;
    }
    if (last?.role === next) {
      last.content += `\n\n${text}`;
    } else {
      result.push({ role: next, content: text });
    }
  }
  return result;
}
