/**
 * A conversation as the sum of its records. Records are only ever added, so that whatever was shown is on disk before
 * it is shown, and a process that dies in the middle of one loses nothing but that one.
 */
import type { ChatMessage, ChatResult } from "../protocol/chat.ts";
import type { ChatTurn, ConversationView, Subject, TurnState } from "../protocol/conversations.ts";

/** A turn with what only the model is told. */
export interface StoredTurn extends ChatTurn {
  /** What the model reads in place of the text, e.g. with the attached code; "" when it is the text. */
  modelText: string;
  /** Files that a question is about. */
  about?: Subject[];
  /** Where what is attached is in the text that the model reads: the beginning and the end of each, in its order. */
  spans?: [start: number, end: number][];
}

export interface Conversation {
  id: string;
  title: string;
  /** Milliseconds since 1970. */
  created: number;
  updated: number;
  turns: StoredTurn[];
  foldedUpTo: number;
}

export type ChatRecord = { at: number } & (
  | { r: "head"; version: 1; id: string; title: string }
  | { r: "title"; title: string }
  | { r: "turn"; turn: StoredTurn }
  | { r: "text"; turn: number; text: string }
  /** What the model thinks before it answers. */
  | { r: "thought"; turn: number; text: string }
  /** The answer has ended; its text is as it was written, without white space at the end. */
  | { r: "end"; turn: number; state: TurnState; note: string; stats?: ChatTurn["stats"] }
  /** An answer that had ended is written on. */
  | { r: "resume"; turn: number }
  /** The words of a question, and what the model is told, have changed. */
  | { r: "reword"; turn: number; text: string; modelText: string }
  /** What was found in the workspace goes with a question. */
  | { r: "attach"; turn: number; attached: string[]; modelText: string; spans: [number, number][]; note: string }
  /** The model no longer reads one of what is attached; its number in the list. */
  | { r: "detach"; turn: number; index: number }
  /** Everything from this turn on goes away. */
  | { r: "cut"; turn: number }
  | { r: "drop"; turns: number[] }
  | { r: "fold"; upTo: number }
);

/** There is no such conversation or turn. */
export class UnknownError extends Error {
  override name = "UnknownError";
}

/** The state of a turn whose answer has ended. */
export const STATES: Record<ChatResult["reason"], TurnState> = {
  end: "done",
  length: "length",
  loop: "loop",
  cancelled: "stopped",
};

export function newConversation(id: string, at: number): Conversation {
  return { id, title: "", created: at, updated: at, turns: [], foldedUpTo: 0 };
}

/** Changes the conversation. A record about a turn that is not there changes nothing. */
export function apply(conversation: Conversation, record: ChatRecord): void {
  conversation.updated = Math.max(conversation.updated, record.at);
  const turn = "turn" in record && typeof record.turn === "number" ? turnOf(conversation, record.turn) : undefined;
  switch (record.r) {
    case "head":
      conversation.id = record.id;
      conversation.title = record.title;
      conversation.created = record.at;
      break;
    case "title":
      conversation.title = record.title;
      break;
    case "turn":
      conversation.turns.push(structuredClone(record.turn));
      break;
    case "text":
      if (turn !== undefined) {
        turn.text += record.text;
      }
      break;
    case "thought":
      if (turn !== undefined) {
        turn.thoughts = (turn.thoughts ?? "") + record.text;
      }
      break;
    case "end":
      if (turn !== undefined) {
        turn.state = record.state;
        turn.note = record.note;
        turn.text = turn.text.trimEnd();
        if (record.stats !== undefined) {
          turn.stats = record.stats;
        }
      }
      break;
    case "resume":
      if (turn !== undefined) {
        turn.state = "writing";
        turn.note = "";
      }
      break;
    case "reword":
      if (turn !== undefined) {
        turn.text = record.text;
        turn.modelText = record.modelText;
      }
      break;
    case "attach":
      if (turn !== undefined) {
        const { attached, modelText, spans, note } = record;
        Object.assign(turn, { attached: [...attached], modelText, spans: structuredClone(spans), note });
      }
      break;
    case "detach":
      if (turn !== undefined) {
        detach(turn, record.index);
      }
      break;
    case "cut":
      conversation.turns = conversation.turns.filter(({ id }) => id < record.turn);
      conversation.foldedUpTo = Math.min(conversation.foldedUpTo, conversation.turns.at(-1)?.id ?? 0);
      break;
    case "drop":
      conversation.turns = conversation.turns.filter(({ id }) => !record.turns.includes(id));
      break;
    case "fold":
      conversation.foldedUpTo = record.upTo;
      break;
  }
}

/** Takes something attached out of what the model reads. */
function detach(turn: StoredTurn, index: number): void {
  const [start, end] = turn.spans?.[index] ?? [];
  if (start === undefined || end === undefined) return;
  turn.modelText = turn.modelText.slice(0, start) + turn.modelText.slice(end);
  // A sentence about lines of it that were left out has lost its meaning.
  const label = turn.attached[index] ?? "";
  turn.note = turn.note
    .split(/(?<=\.) (?=The model )/)
    .filter((sentence) => !sentence.includes(` of ${label}.`))
    .join(" ");
  turn.attached = turn.attached.filter((_, at) => at !== index);
  const length = end - start;
  turn.spans = (turn.spans ?? [])
    .filter((_, at) => at !== index)
    .map(([from, to]): [number, number] => (from >= end ? [from - length, to - length] : [from, to]));
}

/** What the model reads of a turn. */
export function modelTextOf(turn: StoredTurn): string {
  return turn.modelText || turn.text;
}

/** What was said before an answer; failed answers are left out with their question. */
export function messagesBefore({ turns, foldedUpTo }: Conversation, answer: StoredTurn): ChatMessage[] {
  const before = turns.filter(({ id }) => id < answer.id && id > foldedUpTo);
  return before
    .filter((turn, index) => {
      const next = before[index + 1];
      return modelTextOf(turn) !== "" && !(turn.role === "user" && next !== undefined && modelTextOf(next) === "");
    })
    .map((turn) => ({ role: turn.role, content: modelTextOf(turn) }));
}

export function turnOf(conversation: Conversation, id: number): StoredTurn | undefined {
  return conversation.turns.find((turn) => turn.id === id);
}

/** What the page gets to see. */
export function viewOf({ id, title, turns, foldedUpTo }: Conversation): ConversationView {
  return { id, title, turns: turns.map(shownTurn), foldedUpTo };
}

export function shownTurn({ modelText: _, about: __, spans, ...turn }: StoredTurn): ChatTurn {
  const canDetach = turn.attached.length > 0 && spans?.length === turn.attached.length;
  return structuredClone({ ...turn, ...(canDetach && { canDetach }) });
}

/** Records that make the same conversation, for a file that has grown long. */
export function recordsOf({ id, title, created, updated, turns, foldedUpTo }: Conversation): ChatRecord[] {
  return [
    { at: created, r: "head", version: 1, id, title },
    ...turns.map((turn): ChatRecord => ({ at: updated, r: "turn", turn })),
    ...(foldedUpTo > 0 ? [{ at: updated, r: "fold", upTo: foldedUpTo } satisfies ChatRecord] : []),
  ];
}

const LONGEST_TITLE = 60;

/** A title made of the first words of a question. */
export function titleFrom(text: string): string {
  const line =
    text
      .split("\n")
      .find((candidate) => candidate.trim() !== "")
      ?.trim()
      .replaceAll(/\s+/g, " ") ?? "";
  if (line.length <= LONGEST_TITLE) {
    return line;
  }
  const cut = line.slice(0, LONGEST_TITLE);
  return `${cut.slice(0, cut.lastIndexOf(" ") > LONGEST_TITLE / 2 ? cut.lastIndexOf(" ") : undefined)}…`;
}
