/**
 * The conversations of the chat panel: what was said, what the model is told of it, and the answers that are being
 * written. Whatever the page shows is written to disk first.
 */
import type { ChatMessage, ChatResult } from "../protocol/chat.ts";
import type {
  ChatAction,
  ChatEvent,
  ContextMeter,
  ConversationSummary,
  ConversationView,
  Subject,
  TurnState,
} from "../protocol/conversations.ts";
import { type Answerer, NotReadyError, SYSTEM_MESSAGE } from "./answer.ts";
import { type Conversation, type StoredTurn, shownTurn, titleFrom, turnOf, viewOf } from "./conversation.ts";
import { search } from "./conversationSearch.ts";
import { exportMarkdown } from "./exportMarkdown.ts";
import { foldUpTo } from "./foldOldTurns.ts";
import type { Journal } from "./journal.ts";
import { question, withoutSlash } from "./question.ts";
import { subjectsOf, subjectsOfAnswer } from "./subjects.ts";

/** An answer of a minute at reading speed; a quarter of the context where that is less. */
const ANSWER_TOKENS = 1024;
const ANSWER_SHARE = 0.25;
/** A question with what is attached may have this share of the room; the rest is for what was said before. */
const QUESTION_SHARE = 0.6;

export interface ConversationsDependencies {
  answerer: Answerer;
  journal: Journal;
  /** Whether a model that can is to think aloud before it answers. Default: no. */
  isThinking?: () => boolean;
  emit(conversation: string, event: ChatEvent): void;
}

/** Actions that end the answer that is being written. */
const INTERRUPTING = new Set<ChatAction["type"]>(["ask", "edit", "regenerate", "continue", "delete"]);

/** There is no such conversation or turn. */
export class UnknownError extends Error {
  override name = "UnknownError";
}

export class Conversations {
  readonly #deps: ConversationsDependencies;
  readonly #open = new Map<string, Conversation>();
  /** Answers being written, by conversation. */
  readonly #running = new Map<string, { stop: AbortController; ended: Promise<void> }>();
  /** Tokens of what a turn tells the model. */
  readonly #sizes = new WeakMap<StoredTurn, { modelText: string; size: number }>();

  constructor(deps: ConversationsDependencies) {
    this.#deps = deps;
  }

  /** @param id "" for the latest conversation, "new" for an empty one. */
  open(id: string): ConversationView {
    const { journal } = this.#deps;
    const wanted = id === "" ? journal.ids()[0] : id;
    const known = wanted === undefined || wanted === "new" ? undefined : this.#find(wanted);
    if (known === undefined && id !== "" && id !== "new") {
      throw new UnknownError("This conversation does not exist any more.");
    }
    const conversation = known ?? journal.newConversation();
    this.#open.set(conversation.id, conversation);
    return viewOf(conversation);
  }

  list(query: string): ConversationSummary[] {
    return search(this.#deps.journal.all(), query);
  }

  export(id: string): string {
    return exportMarkdown(viewOf(this.#get(id)));
  }

  async remove(id: string): Promise<void> {
    await this.#stop(id);
    this.#open.delete(id);
    this.#deps.journal.remove(id);
  }

  /** Resolves when the action is done; for questions, when the answer has ended. */
  async act(id: string, action: ChatAction): Promise<void> {
    const conversation = this.#get(id);
    // In a loop: whoever waited, too, may have begun an answer. Nothing comes between the last look and the switch.
    while (INTERRUPTING.has(action.type) && this.#running.has(id)) {
      await this.#stop(id);
    }
    switch (action.type) {
      case "ask":
        return await this.#ask(conversation, action);
      case "edit":
        return await this.#edit(conversation, action.turn, action.text);
      case "regenerate":
        return await this.#regenerate(conversation, action.turn);
      case "continue":
        return await this.#continue(conversation, action.turn);
      case "delete":
        return await this.#delete(conversation, action.turn);
      case "stop":
        return await this.#stop(id);
      case "rename": {
        const title = titleFrom(action.title);
        if (title !== "") {
          this.#append(conversation, { r: "title", title });
          this.#emit(conversation, { type: "title", title });
        }
        return;
      }
      case "measure":
        this.#measure(conversation);
    }
  }

  /** The files that an answer is about. */
  subjects(id: string, answer: number): Subject[] {
    return subjectsOfAnswer(this.#get(id), answer);
  }

  /** Puts an exchange that took place elsewhere into the conversation. */
  async record(id: string, asked: string, answer: string, note: string, about: Subject[] = []): Promise<void> {
    const conversation = this.#get(id);
    while (this.#running.has(id)) {
      await this.#stop(id);
    }
    this.#addTurn(conversation, { role: "user", text: asked, state: "done", about });
    this.#addTurn(conversation, { role: "assistant", text: answer, state: "done", note });
    this.#measure(conversation);
  }

  /** Ends all answers; resolves when they have been written down. */
  async close(): Promise<void> {
    await Promise.all([...this.#running.keys()].map((id) => this.#stop(id)));
  }

  async #ask(conversation: Conversation, asked: Extract<ChatAction, { type: "ask" }>): Promise<void> {
    const { modelText, note } = this.#question(asked);
    this.#addTurn(conversation, {
      role: "user",
      text: asked.text,
      modelText,
      note,
      state: "done",
      attached: asked.attachments.map(({ label }) => label),
      about: subjectsOf(asked),
    });
    await this.#answer(conversation, this.#addTurn(conversation, { role: "assistant", text: "", state: "writing" }));
  }

  async #edit(conversation: Conversation, id: number, text: string): Promise<void> {
    const turn = this.#turn(conversation, id, "user");
    // What is attached stays: it is before the words.
    const modelText =
      turn.modelText === "" ? this.#question({ text, attachments: [] }).modelText : reworded(turn, text);
    this.#append(conversation, { r: "cut", turn: id + 1 });
    this.#append(conversation, { r: "reword", turn: id, text, modelText });
    this.#emit(conversation, { type: "conversation", conversation: viewOf(conversation) });
    await this.#answer(conversation, this.#addTurn(conversation, { role: "assistant", text: "", state: "writing" }));
  }

  async #regenerate(conversation: Conversation, id: number): Promise<void> {
    this.#turn(conversation, id, "assistant");
    this.#append(conversation, { r: "cut", turn: id });
    this.#emit(conversation, { type: "conversation", conversation: viewOf(conversation) });
    await this.#answer(conversation, this.#addTurn(conversation, { role: "assistant", text: "", state: "writing" }));
  }

  async #continue(conversation: Conversation, id: number): Promise<void> {
    const turn = this.#turn(conversation, id, "assistant");
    if (conversation.turns.at(-1) !== turn) {
      throw new UnknownError("Only the last answer can be continued.");
    }
    this.#append(conversation, { r: "resume", turn: id });
    this.#emit(conversation, { type: "turn", turn: shownTurn(turn) });
    await this.#answer(conversation, turn);
  }

  async #delete(conversation: Conversation, id: number): Promise<void> {
    const index = conversation.turns.indexOf(this.#turn(conversation, id));
    // A question without its answer, or the other way round, would tell the model nothing.
    const first = conversation.turns[index]?.role === "assistant" && index > 0 ? index - 1 : index;
    const next = conversation.turns[first + 1];
    const turns = [conversation.turns[first], next?.role === "assistant" ? next : undefined];
    this.#append(conversation, { r: "drop", turns: turns.flatMap((turn) => (turn ? [turn.id] : [])) });
    this.#emit(conversation, { type: "conversation", conversation: viewOf(conversation) });
    this.#measure(conversation);
  }

  /** Writes on at the end of a turn whose state is "writing". */
  async #answer(conversation: Conversation, turn: StoredTurn): Promise<void> {
    const stop = new AbortController();
    const running = this.#write(conversation, turn, stop.signal);
    const entry = { stop, ended: running };
    this.#running.set(conversation.id, entry);
    await running;
    if (this.#running.get(conversation.id) === entry) {
      this.#running.delete(conversation.id);
    }
    this.#measure(conversation);
  }

  async #write(conversation: Conversation, turn: StoredTurn, signal: AbortSignal): Promise<void> {
    const onText = (text: string) => {
      this.#append(conversation, { r: "text", turn: turn.id, text });
      this.#emit(conversation, { type: "text", turn: turn.id, text });
    };
    let [state, note]: [TurnState, string] = ["failed", ""];
    let stats: ChatResult | undefined;
    let activity = "";
    try {
      const { maxTokens } = this.#room();
      this.#fold(conversation);
      const messages = this.#messages(conversation, turn);
      // What the answer waits for is shown while it is so, and not kept.
      const onActivity = (text: string) => {
        if (text !== activity) this.#emit(conversation, { type: "turn", turn: { ...shownTurn(turn), note: text } });
        activity = text;
      };
      const isThinking = this.#deps.isThinking?.() ?? false;
      const begun = { opening: turn.text, isContinued: turn.text !== "" };
      const request = { messages, maxTokens, ...begun, isThinking, onActivity };
      stats = await this.#deps.answerer.answer(request, onText, signal);
      state = STATES[stats.reason];
    } catch (error) {
      note = error instanceof Error ? error.message : String(error);
    }
    const { text: _, reason: __, ...numbers } = stats ?? { text: "", reason: "" };
    this.#append(conversation, {
      r: "end",
      turn: turn.id,
      state,
      note,
      ...("promptTokens" in numbers ? { stats: numbers } : {}),
    });
    this.#emit(conversation, { type: "turn", turn: shownTurn(turn) });
  }

  async #stop(id: string): Promise<void> {
    const running = this.#running.get(id);
    running?.stop.abort();
    await running?.ended;
  }

  #question(asked: Parameters<typeof question>[0]): ReturnType<typeof question> {
    try {
      const { count, turns } = this.#room();
      return question(asked, turns * QUESTION_SHARE, count);
    } catch (error) {
      if (error instanceof NotReadyError) {
        // The answer will say that there is no model.
        return question(asked, Number.POSITIVE_INFINITY, () => 0);
      }
      throw error;
    }
  }

  /** @throws NotReadyError */
  #room() {
    const { backend } = this.#deps.answerer;
    const limit = backend.capabilities.contextTokens;
    const maxTokens = Math.min(ANSWER_TOKENS, Math.floor(limit * ANSWER_SHARE));
    const count = (text: string) => backend.countTokens(text);
    // What is round the messages: the first token and the answer's opening.
    const system = backend.messageTokens(SYSTEM_MESSAGE) + backend.emptyChatTokens;
    return { limit, maxTokens, system, turns: limit - maxTokens - system, count };
  }

  #size(turn: StoredTurn): number {
    const modelText = modelTextOf(turn);
    const known = this.#sizes.get(turn);
    if (known?.modelText === modelText) {
      return known.size;
    }
    const size = this.#deps.answerer.backend.messageTokens({ role: turn.role, content: modelText });
    this.#sizes.set(turn, { modelText, size });
    return size;
  }

  #fold(conversation: Conversation): void {
    const { turns } = this.#room();
    const sized = conversation.turns.map((turn) => ({ id: turn.id, role: turn.role, size: this.#size(turn) }));
    const upTo = foldUpTo(sized, conversation.foldedUpTo, turns);
    if (upTo !== conversation.foldedUpTo) {
      this.#append(conversation, { r: "fold", upTo });
      this.#emit(conversation, { type: "fold", upTo });
    }
  }

  /** What was said before an answer; failed answers are left out with their question. */
  #messages(conversation: Conversation, answer: StoredTurn): ChatMessage[] {
    const before = conversation.turns.filter(({ id }) => id < answer.id && id > conversation.foldedUpTo);
    return before
      .filter((turn, index) => {
        const next = before[index + 1];
        return modelTextOf(turn) !== "" && !(turn.role === "user" && next !== undefined && modelTextOf(next) === "");
      })
      .map((turn) => ({ role: turn.role, content: modelTextOf(turn) }));
  }

  #measure(conversation: Conversation): void {
    let meter: ContextMeter;
    try {
      const { limit, maxTokens, system } = this.#room();
      const { foldedUpTo, turns } = conversation;
      const read = turns.filter(({ id }) => id > foldedUpTo);
      const folded = turns.length - read.length;
      meter = {
        limit,
        used: read.reduce((sum, turn) => sum + this.#size(turn), system),
        reserved: maxTokens,
        leftOut: [
          ...(folded > 0 ? [`The ${folded} oldest messages: the conversation is longer than the model can read.`] : []),
          ...read.flatMap(({ role, note }) => (role === "user" && note !== "" ? [note] : [])),
        ],
      };
    } catch (error) {
      if (error instanceof NotReadyError) {
        return;
      }
      throw error;
    }
    this.#emit(conversation, { type: "meter", meter });
  }

  #addTurn(
    conversation: Conversation,
    turn: Pick<StoredTurn, "role" | "text" | "state"> & Partial<StoredTurn>,
  ): StoredTurn {
    const id = (conversation.turns.at(-1)?.id ?? 0) + 1;
    if (conversation.title === "" && turn.role === "user") {
      const title = titleFrom(turn.text);
      this.#append(conversation, { r: "title", title });
      this.#emit(conversation, { type: "title", title });
    }
    this.#append(conversation, { r: "turn", turn: { note: "", attached: [], modelText: "", ...turn, id } });
    const added = this.#turn(conversation, id);
    this.#emit(conversation, { type: "turn", turn: shownTurn(added) });
    return added;
  }

  #append(conversation: Conversation, record: Parameters<Journal["append"]>[1]): void {
    try {
      this.#deps.journal.append(conversation, record);
    } catch (error) {
      this.#emit(conversation, { type: "problem", text: error instanceof Error ? error.message : String(error) });
    }
  }

  #emit({ id }: Conversation, event: ChatEvent): void {
    this.#deps.emit(id, event);
  }

  #find(id: string): Conversation | undefined {
    return this.#open.get(id) ?? this.#deps.journal.open(id);
  }

  #get(id: string): Conversation {
    const conversation = this.#find(id);
    if (conversation === undefined) {
      throw new UnknownError("This conversation does not exist any more.");
    }
    this.#open.set(id, conversation);
    return conversation;
  }

  #turn(conversation: Conversation, id: number, role?: StoredTurn["role"]): StoredTurn {
    const turn = turnOf(conversation, id);
    if (turn === undefined || (role !== undefined && turn.role !== role)) {
      throw new UnknownError("This message does not exist any more.");
    }
    return turn;
  }
}

const STATES: Record<ChatResult["reason"], TurnState> = {
  end: "done",
  length: "length",
  loop: "loop",
  cancelled: "stopped",
};

/** What the model reads of a turn. */
function modelTextOf(turn: StoredTurn): string {
  return turn.modelText || turn.text;
}

/** What is attached is before the words, which come last. */
function reworded(turn: StoredTurn, text: string): string {
  const fence = turn.modelText.lastIndexOf("\n```");
  const end = fence === -1 ? -1 : turn.modelText.indexOf("\n", fence + 1);
  return end === -1 ? text : turn.modelText.slice(0, end + 1) + withoutSlash(text);
}
