/** Says in one sentence for people what an edit does. */
import type { ProposalKind } from "./proposal.ts";

/** Quoted texts are cut to this many characters. */
const LONGEST = 60;

export function describe(kind: ProposalKind, oldText: string, newText: string): string {
  const lines = newText.split("\n").filter((line) => line.trim() !== "").length;
  if (kind === "unused import") return `Remove the unused import ${quote(oldText)}`;
  if (kind === "inserted line") {
    return lines > 1 ? `Insert ${lines} lines: ${quote(newText)}` : `Insert ${quote(newText)}`;
  }
  if (newText === "") return `Remove ${quote(oldText)}`;
  if (oldText === "") return `Insert ${quote(newText)}`;
  return `Replace ${quote(oldText)} by ${quote(newText)}`;
}

function quote(text: string): string {
  const line = text.trim().replace(/\s+/g, " ");
  return `“${line.length > LONGEST ? `${line.slice(0, LONGEST - 1)}…` : line}”`;
}
