/**
 * Every message between the chat page and its host. Both sides check what they receive: the page is the part of the
 * extension that shows text of unknown origin.
 */

export interface Turn {
  id: number;
  role: "user" | "assistant";
  text: string;
  /** False while the text is still being written. */
  done: boolean;
  /** A line under the text, e.g. why it ended early; "" for none. */
  note: string;
}

export type ToPage =
  /** The whole conversation: the page has just been made, or the conversation was cleared. */
  | { type: "conversation"; turns: Turn[] }
  /** A new turn, or new values for a known one. */
  | { type: "turn"; turn: Turn }
  /** More text for a turn. */
  | { type: "text"; id: number; text: string }
  /** What the page says above the conversation, and whether one can ask now. */
  | { type: "state"; note: string; canAsk: boolean };

export type FromPage =
  /** The page listens now. */
  { type: "ready" } | { type: "ask"; text: string } | { type: "stop" } | { type: "clear" };

/** The message, or undefined when it is none of ours. */
export function parseFromPage(value: unknown): FromPage | undefined {
  if (!isObject(value)) {
    return undefined;
  }
  switch (value.type) {
    case "ready":
    case "stop":
    case "clear":
      return { type: value.type };
    case "ask":
      return typeof value.text === "string" ? { type: "ask", text: value.text } : undefined;
    default:
      return undefined;
  }
}

/** The message, or undefined when it is none of ours. */
export function parseToPage(value: unknown): ToPage | undefined {
  if (!isObject(value)) {
    return undefined;
  }
  const { type, turns, turn, id, text, note, canAsk } = value;
  switch (type) {
    case "conversation":
      return Array.isArray(turns) && turns.every(isTurn) ? { type, turns } : undefined;
    case "turn":
      return isTurn(turn) ? { type, turn } : undefined;
    case "text":
      return typeof id === "number" && typeof text === "string" ? { type, id, text } : undefined;
    case "state":
      return typeof note === "string" && typeof canAsk === "boolean" ? { type, note, canAsk } : undefined;
    default:
      return undefined;
  }
}

function isTurn(value: unknown): value is Turn {
  return (
    isObject(value) &&
    typeof value.id === "number" &&
    (value.role === "user" || value.role === "assistant") &&
    typeof value.text === "string" &&
    typeof value.done === "boolean" &&
    typeof value.note === "string"
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
