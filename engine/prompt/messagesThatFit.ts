/** What of a conversation there is room for. */
import type { ChatMessage } from "../protocol/chat.ts";

/**
 * The system message and as many of the newest as there is room for, at least the last. That one is cut at its beginning
 * when it alone is too long: the end of a long question says what is wanted, and its beginning is the material.
 *
 * @param budget tokens of all together.
 * @param count tokens of a message.
 */
export function newestMessagesThatFit(
  messages: readonly ChatMessage[],
  budget: number,
  count: (message: ChatMessage) => number,
): ChatMessage[] {
  const system = messages[0]?.role === "system" ? messages.slice(0, 1) : [];
  const rest = messages.slice(system.length);
  let room = budget - system.reduce((sum, message) => sum + count(message), 0);
  const kept: ChatMessage[] = [];
  for (const message of rest.toReversed()) {
    const tokens = count(message);
    if (tokens > room && kept.length > 0) break;
    const fitting = tokens > room ? cut(message, room, count) : message;
    kept.unshift(fitting);
    room -= count(fitting);
  }
  return [...system, ...kept];
}

function cut(message: ChatMessage, room: number, count: (message: ChatMessage) => number): ChatMessage {
  let { content } = message;
  let tokens = count(message);
  // By the share that should fit; a few steps suffice for any length.
  while (tokens > room && content.length > 1) {
    content = content.slice(Math.max(1, Math.ceil(content.length * (1 - Math.max(1, room) / tokens))));
    tokens = count({ ...message, content });
  }
  return { ...message, content };
}
