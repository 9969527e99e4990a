/**
 * The conversations of the chat panel: what was said, what the model is told of it, and the answers that are being
 * written. Whatever the page shows is written to disk first.
 */
import type { ChatResult } from "../protocol/chat.ts";
import type {
  ChatAction,
  ChatEvent,
  ConversationSummary,
  ConversationView,
  Subject,
  TurnState,
} from "../protocol/conversations.ts";
import { type Answerer, NotReadyError } from "./answer.ts";
import { ContextRoom } from "./contextRoom.ts";
import {
  type Conversation,
  messagesBefore,
  STATES,
  type StoredTurn,
  shownTurn,
  titleFrom,
  turnOf,
  UnknownError,
  viewOf,
} from "./conversation.ts";
import { search } from "./conversationSearch.ts";
import { exportMarkdown } from "./exportMarkdown.ts";
import { foldUpTo } from "./foldOldTurns.ts";
import type { Journal } from "./journal.ts";
import { question, reworded } from "./question.ts";
import { subjectsOf, subjectsOfAnswer } from "./subjects.ts";
import {
  NOTHING_FOUND,
  piecesThatFit,
  SEARCHING,
  searchWanted,
  type Wanted,
  type WorkspaceSearch,
} from "./workspaceContext.ts";

/** A question with what is attached may have this share of the room; the rest is for what was said before. */
const QUESTION_SHARE = 0.6;
/** What is found in the workspace may have this share of the room. */
const FOUND_SHARE = 0.45;

export interface ConversationsDependencies {
  answerer: Answerer;
  journal: Journal;
  /** Whether a model that can is to think aloud before it answers. Default: no. */
  isThinking?: () => boolean;
  /** Finds pieces of the workspace's files. */
  search?: WorkspaceSearch;
  /** Paths of the open files, relative to the workspace folder. */
  openPaths?(): readonly string[];
  emit(conversation: string, event: ChatEvent): void;
}

/** Actions that end the answer that is being written. */
const INTERRUPTING = new Set<ChatAction["type"]>(["ask", "edit", "regenerate", "continue", "delete"]);

export class Conversations {
  readonly #deps: ConversationsDependencies;
  readonly #open = new Map<string, Conversation>();
  /** Answers being written, by conversation. */
  readonly #running = new Map<string, { stop: AbortController; ended: Promise<void> }>();
  readonly #room: ContextRoom;

  constructor(deps: ConversationsDependencies) {
    this.#deps = deps;
    this.#room = new ContextRoom(deps.answerer);
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
      case "detach":
        return this.#detach(conversation, action.turn, action.index);
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
    const { modelText, note, spans } = this.#question(asked);
    const { attachments, task, code, text } = asked;
    const asker = this.#addTurn(conversation, {
      role: "user",
      text,
      modelText,
      note,
      spans,
      state: "done",
      attached: attachments.map(({ label }) => label),
      about: subjectsOf(asked),
    });
    const hasContext = attachments.length > 0 || task !== undefined || code !== undefined;
    const wanted = this.#deps.search && searchWanted(text, hasContext, this.#deps.openPaths?.() ?? []);
    const answer = this.#addTurn(conversation, { role: "assistant", text: "", state: "writing" });
    await this.#answer(conversation, answer, async (signal) => {
      if (wanted === undefined) return;
      this.#emit(conversation, { type: "turn", turn: { ...shownTurn(answer), note: SEARCHING } });
      await this.#lookUp(conversation, asker, asked, wanted, signal);
      this.#emit(conversation, { type: "turn", turn: shownTurn(answer) });
    });
  }

  /** Attaches what the workspace's files have for a question. */
  async #lookUp(
    conversation: Conversation,
    turn: StoredTurn,
    asked: Extract<ChatAction, { type: "ask" }>,
    wanted: Wanted,
    signal: AbortSignal,
  ): Promise<void> {
    const { turns, count } = this.#room.room();
    const found = (await this.#deps.search?.(wanted.question, wanted.within)) ?? [];
    if (signal.aborted) return;
    const read = new Set(
      conversation.turns.flatMap(({ id, attached }) => (id > conversation.foldedUpTo ? attached : [])),
    );
    const pieces = piecesThatFit(found, wanted, turns * FOUND_SHARE, count, read);
    if (pieces.length === 0 && wanted.leastCoverage > 0) return;
    const attachments = [...asked.attachments, ...pieces];
    const { modelText, note, spans } = this.#question({ ...asked, attachments });
    const attached = attachments.map(({ label }) => label);
    const said = pieces.length === 0 ? NOTHING_FOUND : note;
    this.#append(conversation, { r: "attach", turn: turn.id, attached, modelText, spans, note: said });
    this.#emit(conversation, { type: "turn", turn: shownTurn(turn) });
  }

  #detach(conversation: Conversation, id: number, index: number): void {
    const turn = this.#turn(conversation, id, "user");
    if (turn.spans?.[index] === undefined) throw new UnknownError("This is not attached any more.");
    this.#append(conversation, { r: "detach", turn: id, index });
    this.#emit(conversation, { type: "turn", turn: shownTurn(turn) });
    this.#measure(conversation);
  }

  async #edit(conversation: Conversation, id: number, text: string): Promise<void> {
    const turn = this.#turn(conversation, id, "user");
    // What is attached stays: it is before the words.
    const modelText =
      turn.modelText === "" ? this.#question({ text, attachments: [] }).modelText : reworded(turn.modelText, text);
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

  /** Writes on at the end of a turn whose state is "writing". @param prepare what comes before. */
  async #answer(
    conversation: Conversation,
    turn: StoredTurn,
    prepare?: (signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const stop = new AbortController();
    const running = this.#write(conversation, turn, stop.signal, prepare);
    const entry = { stop, ended: running };
    this.#running.set(conversation.id, entry);
    await running;
    if (this.#running.get(conversation.id) === entry) {
      this.#running.delete(conversation.id);
    }
    this.#measure(conversation);
  }

  async #write(
    conversation: Conversation,
    turn: StoredTurn,
    signal: AbortSignal,
    prepare?: (signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const adding = (type: "text" | "thought") => (text: string) => {
      this.#append(conversation, { r: type, turn: turn.id, text });
      this.#emit(conversation, { type, turn: turn.id, text });
    };
    let [state, note]: [TurnState, string] = ["failed", ""];
    let stats: ChatResult | undefined;
    let activity = "";
    try {
      const { maxTokens } = this.#room.room();
      await prepare?.(signal);
      this.#fold(conversation);
      const messages = messagesBefore(conversation, turn);
      // What the answer waits for is shown while it is so, and not kept.
      const onActivity = (text: string) => {
        if (text !== activity) this.#emit(conversation, { type: "turn", turn: { ...shownTurn(turn), note: text } });
        activity = text;
      };
      const isThinking = this.#deps.isThinking?.() ?? false;
      const begun = { opening: turn.text, isContinued: turn.text !== "" };
      const request = { messages, maxTokens, ...begun, isThinking, onActivity, onThought: adding("thought") };
      stats = await this.#deps.answerer.answer(request, adding("text"), signal);
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
      const { count, turns } = this.#room.room();
      return question(asked, turns * QUESTION_SHARE, count);
    } catch (error) {
      if (error instanceof NotReadyError) {
        // The answer will say that there is no model.
        return question(asked, Number.POSITIVE_INFINITY, () => 0);
      }
      throw error;
    }
  }

  #fold(conversation: Conversation): void {
    const { turns } = this.#room.room();
    const sized = conversation.turns.map((turn) => ({ id: turn.id, role: turn.role, size: this.#room.size(turn) }));
    const upTo = foldUpTo(sized, conversation.foldedUpTo, turns);
    if (upTo !== conversation.foldedUpTo) {
      this.#append(conversation, { r: "fold", upTo });
      this.#emit(conversation, { type: "fold", upTo });
    }
  }

  #measure(conversation: Conversation): void {
    try {
      this.#emit(conversation, { type: "meter", meter: this.#room.meter(conversation) });
    } catch (error) {
      // Without a model, nothing is known.
      if (!(error instanceof NotReadyError)) throw error;
    }
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
