/** Chooses the messages of a conversation that fit. */
import type { ChatMessage } from "../protocol/chat.ts";

/**
 * The system message and as many of the newest messages as fit, at least the last. If that one alone is too long, it is
 * cut at its beginning, because the end of a long question says what is wanted, and its beginning is the material.
 *
 * @param budget tokens for all of them together.
 * @param count the tokens of a message.
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
    const fitting = tokens > room ? shortened(message, room, count) : message;
    kept.unshift(fitting);
    room -= count(fitting);
  }
  return [...system, ...kept];
}

function shortened(message: ChatMessage, room: number, count: (message: ChatMessage) => number): ChatMessage {
  let { content } = message;
  let tokens = count(message);
  // Cut by the share that should fit; a few steps suffice for any length.
  while (tokens > room && content.length > 1) {
    content = content.slice(Math.max(1, Math.ceil(content.length * (1 - Math.max(1, room) / tokens))));
    tokens = count({ ...message, content });
  }
  return { ...message, content };
}
