/**
 * One conversation: what was said, and the one answer that is being written. Free of `vscode`.
 */
import type { ChatMessage, ChatResult, Status } from "../../engine/protocol.ts";
import type { ToPage, Turn } from "../../webview/messages.ts";
import type { EngineClient } from "../engineClient.ts";

/** Just what a conversation needs of a cancellation source, so that tests need no editor. */
export interface CancellationSource {
  token: Parameters<EngineClient["chat"]>[2];
  cancel(): void;
  dispose(): void;
}

export interface ConversationDependencies {
  chat: EngineClient["chat"];
  createCancellation(): CancellationSource;
  post(message: ToPage): void;
}

const SYSTEM: ChatMessage = {
  role: "system",
  content: "You are a programming assistant. Answer briefly and precisely.",
};
const MAX_TOKENS = 512;

const NO_CHAT_MODEL =
  "The built-in model only completes code and cannot answer questions. For answers, set a chat model " +
  '(a GGUF file of BitNet b1.58 2B4T) in the setting "sterna.model".';

export class Conversation {
  readonly #deps: ConversationDependencies;
  #turns: Turn[] = [];
  #lastId = 0;
  #running: CancellationSource | undefined;
  #status: Status;

  constructor(deps: ConversationDependencies, status: Status) {
    this.#deps = deps;
    this.#status = status;
  }

  get turns(): readonly Turn[] {
    return this.#turns;
  }

  setStatus(status: Status): void {
    this.#status = status;
    this.#postState();
  }

  /** Tells a new page everything. */
  show(): void {
    this.#deps.post({ type: "conversation", turns: this.#turns });
    this.#postState();
  }

  /** Asks and streams the answer; ends an answer that is still being written. Resolves when the answer has ended. */
  async ask(question: string): Promise<void> {
    this.stop();
    this.#add("user", question, true);
    const answer = this.#add("assistant", "", false);
    const source = this.#deps.createCancellation();
    this.#running = source;
    const onText = (text: string) => {
      answer.text += text;
      this.#post(answer, { type: "text", id: answer.id, text });
    };
    try {
      const messages = [SYSTEM, ...this.#messages(answer)];
      const result = await this.#deps.chat({ messages, maxTokens: MAX_TOKENS }, onText, source.token);
      answer.text = result.text;
      answer.note = noteFor(result.reason);
    } catch (error) {
      answer.note = error instanceof Error ? error.message : String(error);
    } finally {
      answer.done = true;
      source.dispose();
      if (this.#running === source) {
        this.#running = undefined;
      }
      this.#post(answer, { type: "turn", turn: answer });
    }
  }

  /** Ends the answer that is being written. */
  stop(): void {
    this.#running?.cancel();
    this.#running = undefined;
  }

  clear(): void {
    this.stop();
    this.#turns = [];
    this.show();
  }

  /** What has been said before an answer; turns without text (failed ones) are left out with their question. */
  #messages(answer: Turn): ChatMessage[] {
    const before = this.#turns.slice(0, this.#turns.indexOf(answer));
    return before
      .filter((turn, index) => {
        const next = before[index + 1];
        return turn.text !== "" && !(turn.role === "user" && next !== undefined && next.text === "");
      })
      .map(({ role, text }) => ({ role, content: text }));
  }

  #add(role: Turn["role"], text: string, done: boolean): Turn {
    const turn: Turn = { id: ++this.#lastId, role, text, done, note: "" };
    this.#turns.push(turn);
    this.#deps.post({ type: "turn", turn });
    return turn;
  }

  /** Posts news of a turn, unless the conversation has been cleared since. */
  #post(turn: Turn, message: ToPage): void {
    if (this.#turns.includes(turn)) {
      this.#deps.post(message);
    }
  }

  #postState(): void {
    const { state, detail, model } = this.#status;
    const ready = state === "ready" || state === "working";
    const note = ready ? (model?.chat === false ? NO_CHAT_MODEL : "") : detail;
    this.#deps.post({ type: "state", note, canAsk: ready });
  }
}

function noteFor(reason: ChatResult["reason"]): string {
  switch (reason) {
    case "end":
      return "";
    case "length":
      return "The answer has reached its greatest length.";
    case "loop":
      return "Stopped: the answer began to repeat itself.";
    case "cancelled":
      return "Stopped.";
  }
}
