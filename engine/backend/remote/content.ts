/**
 * Reads the content of a message, which is a text, or parts of it in one of several forms, of which some may be thoughts
 * of the model.
 */

export interface ReadContent {
  text: string;
  isThinking: boolean;
  thought: string;
}

const NONE: ReadContent = { text: "", isThinking: false, thought: "" };
/** How deep parts may lie in each other. */
const DEEPEST = 4;

/** @param value a text, a part, or a list of both; anything else has no text */
export function contentOf(value: unknown, depth = 0): ReadContent {
  if (typeof value === "string") return { ...NONE, text: value };
  if (typeof value !== "object" || value === null || depth > DEEPEST) return NONE;
  if (Array.isArray(value)) return joined(value.map((one) => contentOf(one, depth + 1)));
  const part = value as Record<string, unknown>;
  const inside = [part.text, part.value, part.content, part.parts].find((one) => one !== undefined && one !== null);
  if (typeof part.type !== "string" || !/think|reason/.test(part.type)) return contentOf(inside, depth + 1);
  const thought = [part.thinking, inside].map((one) => contentOf(one, depth + 1).text).find((one) => one !== "") ?? "";
  return { text: "", isThinking: true, thought };
}

/** The names under which servers send the thoughts of a model beside its answer. */
const THOUGHTS = [
  "reasoning_content",
  "reasoning",
  "thinking",
  "reasoning_text",
  "thinking_content",
  "reasoning_details",
  "thoughts",
  "thought",
];

/** The thought in a message. A server that knows several names for it sends it under each, so only one is read. */
export function thoughtIn(message: Readonly<Record<string, unknown>>): string {
  for (const name of THOUGHTS) {
    const { text, thought } = contentOf(message[name]);
    if (text + thought !== "") return text + thought;
  }
  return "";
}

function joined(parts: readonly ReadContent[]): ReadContent {
  return {
    text: parts.map(({ text }) => text).join(""),
    isThinking: parts.some(({ isThinking }) => isThinking),
    thought: parts.map(({ thought }) => thought).join(""),
  };
}
