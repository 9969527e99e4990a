/** Converts messages of VS Code's language model API to messages for the engine. Free of `vscode`. */
import type { ChatMessage } from "../../engine/protocol/chat.ts";

/** The parts of a message that are used, whatever class it has. */
export interface RequestMessage {
  /** 1 is the user and 2 the assistant; other values count as the user. */
  role: number;
  content: string | readonly unknown[];
}

const ASSISTANT = 2;

/** The text of a message's parts. Tool results and pictures are left out. */
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

/** The messages in order. Neighbours with the same role become one message, as in the model's training. */
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
