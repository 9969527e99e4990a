/**
 * Connects the chat page with the engine, which keeps the conversations. It passes messages both ways, and remembers
 * which conversation is shown and what will be sent with the next question. Free of `vscode`.
 */

import { chatAbility } from "../../engine/client/chatAbility.ts";
import type { EngineClient } from "../../engine/client/client.ts";
import { messageOf } from "../../engine/client/errors.ts";
import * as protocol from "../../engine/protocol/index.ts";
import type { FromPage, ToPage } from "../../webview/messages.ts";
import { ActionableError } from "../actionableError.ts";
import { subjectsOf } from "./offers.ts";
import { pageState } from "./pageState.ts";

export interface RelayDependencies {
  request: EngineClient["request"];
  post(message: ToPage): void;
  /** The conversation that was shown last, "" for none. It is kept while the window is closed. */
  remembered(): string;
  remember(id: string): void;
  attach(offer: string): Promise<protocol.Attachment>;
  /** Label of the button that gets a model for the chat; "" for none. */
  chatModelLabel(): string;
  /** Whether a model that can think aloud is to do so. */
  isThinking(): boolean;
}

type Question = Omit<Extract<protocol.ChatAction, { type: "ask" }>, "type">;

export class ChatRelay {
  readonly #deps: RelayDependencies;
  #status: protocol.Status;
  /** The open conversation in the engine; undefined while there is no engine. */
  #open: { id: string; title: string; turns: number } | undefined;
  #opening: Promise<void> = Promise.resolve();
  #chips: (protocol.Attachment & { id: number })[] = [];
  #lastChip = 0;

  constructor(deps: RelayDependencies, status: protocol.Status) {
    this.#deps = deps;
    this.#status = status;
  }

  get conversation(): { id: string; title: string } | undefined {
    return this.#open;
  }

  setStatus(status: protocol.Status): void {
    const before = chatAbility(this.#status).kind;
    this.#status = status;
    this.postState();
    if (before !== "yes" && chatAbility(status).kind === "yes") {
      // Tokens can be counted only once a model is loaded.
      void this.#act({ type: "measure" });
    }
  }

  /** A new engine has to open the conversation that is shown. */
  engineStarted(): void {
    void this.open(this.#deps.remembered());
  }

  engineEnded(): void {
    this.#open = undefined;
    this.postState();
  }

  onEvent(conversation: string, event: protocol.ChatEvent): void {
    const open = this.#open;
    if (open?.id !== conversation) {
      return;
    }
    if (event.type === "title") {
      open.title = event.title;
    } else if (event.type === "turn") {
      open.turns = Math.max(1, open.turns);
    } else if (event.type === "conversation") {
      open.turns = event.conversation.turns.length;
    }
    this.#deps.post(event);
  }

  /** Sends a new page everything that it shows. */
  async show(): Promise<void> {
    this.postState();
    this.#postChips();
    if (this.#open !== undefined) {
      await this.open(this.#open.id);
    }
  }

  /** @param id of a conversation, "" for the latest one, "new" for an empty one. */
  async open(id: string): Promise<void> {
    this.#opening = this.#opening.then(async () => {
      try {
        await this.#show(id);
      } catch (error) {
        // The conversation may have been removed since.
        if (id !== "new") {
          await this.#show("new").catch(() => this.#problem(error));
        }
      }
    });
    await this.#opening;
  }

  /**
   * Asks in the conversation that is shown, or in a new one. Resolves when the answer has ended.
   *
   * @throws Error with one sentence for people when there is no engine to ask.
   */
  async ask(question: Question, inNew = false): Promise<void> {
    await this.#opening;
    if (this.#open === undefined) {
      throw new Error(this.#status.detail || "The engine is not ready.");
    }
    if (inNew && this.#open.turns > 0) {
      await this.open("new");
    }
    await this.#act({ type: "ask", ...question });
  }

  /** The files that an answer of the conversation is about. */
  async subjects(turn: number): Promise<protocol.Subject[]> {
    const conversation = this.#open?.id;
    return conversation === undefined ? [] : await this.#deps.request(protocol.chatSubjects, { conversation, turn });
  }

  async rename(title: string): Promise<void> {
    await this.#act({ type: "rename", title });
  }

  /** Shows an exchange that took place elsewhere as a conversation of its own. */
  async record(question: string, answer: string, note: string, about: protocol.Subject[] = []): Promise<void> {
    if ((this.#open?.turns ?? 0) > 0) {
      await this.open("new");
    }
    const conversation = this.#open?.id;
    if (conversation !== undefined) {
      await this.#deps.request(protocol.chatRecord, { conversation, question, answer, note, about });
    }
  }

  addChip(attachment: protocol.Attachment): void {
    // When the same thing is attached twice, the later one is up to date.
    this.#chips = this.#chips.filter(({ kind, label }) => kind !== attachment.kind || label !== attachment.label);
    this.#chips.push({ ...attachment, id: ++this.#lastChip });
    this.#postChips();
  }

  /** Takes away the chips of files that may not be read any more, because the rules for that have changed. */
  async recheckChips(mayRead: (path: string) => Promise<boolean>): Promise<void> {
    const paths = [...new Set(this.#chips.map(({ path }) => path).filter((path) => path !== ""))];
    const refused = new Set<string>();
    for (const path of paths) if (!(await mayRead(path))) refused.add(path);
    if (refused.size === 0) return;
    this.#chips = this.#chips.filter(({ path }) => !refused.has(path));
    this.#postChips();
  }

  /** @returns false when the message is not for the relay. */
  receive(message: FromPage): boolean {
    switch (message.type) {
      case "ready":
        void this.show();
        return true;
      case "ask": {
        const attachments = this.#chips.map(({ id: _, ...attachment }) => attachment);
        this.#chips = [];
        this.#postChips();
        this.#asked(message.text, attachments).catch((error: unknown) => this.#problem(error));
        return true;
      }
      case "edit":
      case "regenerate":
      case "continue":
      case "delete":
      case "stop":
        void this.#act(message);
        return true;
      case "detachFrom":
        void this.#act({ type: "detach", turn: message.turn, index: message.index });
        return true;
      case "attach":
        this.#deps.attach(message.offer).then(
          (attachment) => this.addChip(attachment),
          (error: unknown) => this.#problem(error),
        );
        return true;
      case "detach":
        this.#chips = this.#chips.filter(({ id }) => id !== message.chip);
        this.#postChips();
        return true;
      default:
        return false;
    }
  }

  /** A slash command without attachments is about what the editor shows. */
  async #asked(text: string, attachments: protocol.Attachment[]): Promise<void> {
    let what = attachments;
    for (const offer of what.length === 0 ? subjectsOf(text) : []) {
      try {
        what = [await this.#deps.attach(offer)];
        break;
      } catch (error) {
        if (error instanceof ActionableError) {
          // The question was about something that may not be read, so it returns to the input.
          this.#deps.post({ type: "draft", text });
          throw error;
        }
      }
    }
    await this.ask({ text, attachments: what });
  }

  async #act(action: protocol.ChatAction): Promise<void> {
    const conversation = this.#open?.id;
    if (conversation === undefined) {
      return;
    }
    try {
      await this.#deps.request(protocol.chatAct, { conversation, action });
    } catch (error) {
      // The state shows that the engine has ended; the part of the answer that came is kept.
      if (this.#open?.id === conversation) {
        this.#problem(error);
      }
    }
  }

  async #show(id: string): Promise<void> {
    const conversation = await this.#deps.request(protocol.chatOpen, { id });
    this.#open = { id: conversation.id, title: conversation.title, turns: conversation.turns.length };
    this.#deps.remember(conversation.id);
    this.#deps.post({ type: "conversation", conversation });
    this.postState();
    if (chatAbility(this.#status).kind === "yes") {
      void this.#act({ type: "measure" });
    }
  }

  #problem(error: unknown): void {
    this.#deps.post({ type: "problem", text: messageOf(error) });
  }

  /** Tells the page what it can do. */
  postState(): void {
    const { chatModelLabel, isThinking } = this.#deps;
    const state = pageState(this.#status, this.#open !== undefined, chatModelLabel(), isThinking());
    this.#deps.post({ type: "state", ...state });
  }

  #postChips(): void {
    this.#deps.post({ type: "chips", chips: this.#chips.map(({ id, kind, label }) => ({ id, kind, label })) });
  }
}
