/** Finds conversations by the words in them. */
import type { ConversationSummary } from "../protocol/conversations.ts";
import type { Conversation } from "./conversation.ts";

const AROUND = 40;

/** @param query all of its words must occur, in upper or lower case; "" finds every conversation. */
export function search(conversations: readonly Conversation[], query: string): ConversationSummary[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const found: ConversationSummary[] = [];
  for (const { id, title, updated, turns } of conversations) {
    const texts = [title, ...turns.map(({ text }) => text)];
    const lower = texts.map((text) => text.toLowerCase());
    if (words.every((word) => lower.some((text) => text.includes(word)))) {
      found.push({ id, title, updated, turns: turns.length, excerpt: excerpt(texts.slice(1), words) });
    }
  }
  return found;
}

function excerpt(texts: string[], words: string[]): string {
  const [word] = words;
  if (word === undefined) {
    return "";
  }
  for (const text of texts) {
    const at = text.toLowerCase().indexOf(word);
    if (at !== -1) {
      const [start, end] = [Math.max(0, at - AROUND), Math.min(text.length, at + word.length + AROUND)];
      const piece = text.slice(start, end).replaceAll(/\s+/g, " ").trim();
      return `${start > 0 ? "…" : ""}${piece}${end < text.length ? "…" : ""}`;
    }
  }
  return "";
}
