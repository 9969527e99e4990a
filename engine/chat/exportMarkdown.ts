/** Writes a conversation as a Markdown document. */
import type { ConversationView } from "../protocol/conversations.ts";

const STATES: Record<string, string> = {
  stopped: "Stopped.",
  length: "The answer reached its greatest length.",
  loop: "Stopped: the answer began to repeat itself.",
  interrupted: "Interrupted.",
  failed: "Failed.",
};

export function exportMarkdown({ title, turns }: ConversationView): string {
  const parts = [`# ${title || "Conversation"}`];
  for (const { role, text, attached, note, state } of turns) {
    parts.push(`## ${role === "user" ? "You" : "Sterna"}`);
    if (attached.length > 0) {
      parts.push(`*With ${attached.join(", ")}*`);
    }
    parts.push(closed(text));
    const remark = [STATES[state], note].filter(Boolean).join(" ");
    if (remark !== "") {
      parts.push(`*${remark}*`);
    }
  }
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

/** Closes a block of code in an answer that was cut inside it, so that the turns after it are not part of the block. */
function closed(text: string): string {
  let fence = "";
  for (const line of text.split("\n")) {
    const found = /^\s{0,3}(`{3,}|~{3,})/.exec(line)?.[1] ?? "";
    if (fence === "") {
      fence = found;
    } else if (found.startsWith(fence) && line.trim() === found) {
      fence = "";
    }
  }
  return fence === "" ? text : `${text}\n${fence}`;
}
