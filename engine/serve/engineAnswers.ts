/** Asks the engine for answers to the requests of the HTTP server, as an editor's window would. */
import type { CancellationToken } from "vscode-jsonrpc";
import type { EngineClient } from "../client/client.ts";
import { type ChatMessage, type ChatResult, chat, chatText } from "../protocol/chat.ts";
import { documentOpened } from "../protocol/documents.ts";
import type { Status } from "../protocol/status.ts";
import { ApiError } from "./openaiRequests.ts";

/** All texts are sent as versions of one document, so that only new text has to be computed when a text grows. */
const URI = "untitled:serve";

export interface Completion {
  text: string;
  promptTokens: number;
  decodedTokens: number;
}

export class EngineAnswers {
  readonly #engine: EngineClient;
  readonly #setMaxTokens: (tokens: number) => void;
  #version = 0;
  /**
   * The completion that is being computed, or the last one. They run one after another, because the engine would cancel
   * one for another.
   */
  #last: Promise<unknown> = Promise.resolve();
  #maxTokens: number | undefined;

  /** @param setMaxTokens changes the length of a completion in the engine's settings. */
  constructor(engine: EngineClient, setMaxTokens: (tokens: number) => void) {
    this.#engine = engine;
    this.#setMaxTokens = setMaxTokens;
  }

  get modelName(): string {
    const { chatModel, model } = this.#engine.status;
    return (model ?? chatModel?.model)?.name ?? "sterna";
  }

  /**
   * Completes the text between two texts.
   *
   * @throws ApiError when there is no model; Error with one sentence when it fails.
   */
  async complete(before: string, after: string, maxTokens: number, token: CancellationToken): Promise<Completion> {
    const previous = this.#last;
    const answer = previous.then(() => this.#complete(before, after, maxTokens, token));
    this.#last = answer.catch(() => {});
    return await answer;
  }

  /** @throws like {@link complete}; ApiError (400) when the model does not answer questions. */
  async chat(
    messages: ChatMessage[],
    maxTokens: number,
    onText: (text: string) => void,
    token: CancellationToken,
  ): Promise<ChatResult> {
    const { model, chatModel } = await this.#ready(token);
    if ((chatModel?.model ?? model)?.chat === false) {
      throw new ApiError(
        400,
        "The model in use only completes code: start the server with a chat model (--model).",
        "model",
      );
    }
    return await this.#engine.stream(chat, { messages, maxTokens }, chatText, onText, token);
  }

  async #complete(before: string, after: string, maxTokens: number, token: CancellationToken): Promise<Completion> {
    await this.#ready(token);
    if (this.#maxTokens !== maxTokens) {
      this.#maxTokens = maxTokens;
      this.#setMaxTokens(maxTokens);
      this.#engine.configure();
    }
    const version = ++this.#version;
    const text = before + after;
    this.#engine.notify(documentOpened, { uri: URI, path: "", languageId: "", version, text, isPrivate: true });
    const params = { uri: URI, version, offset: before.length, trigger: "manual" as const };
    const result = await this.#engine.complete(params, token);
    const { promptTokens = 0, decodedTokens = 0 } = result.timings ?? {};
    if (result.kind === "shown") return { text: result.text, promptTokens, decodedTokens };
    if (result.reason === "failed" || result.reason === "not-ready") {
      throw new ApiError(503, result.detail || "The engine did not answer.");
    }
    return { text: "", promptTokens, decodedTokens };
  }

  /** Waits until the model is loaded. @throws ApiError when it cannot be loaded, or when the request is cancelled. */
  async #ready(token: CancellationToken): Promise<Status> {
    const { status } = this.#engine;
    if (isSettled(status)) return readyOr503(status);
    return await new Promise((resolve, reject) => {
      const finish = (use: () => void) => {
        listening.dispose();
        cancellation.dispose();
        use();
      };
      const listening = this.#engine.listen({
        onStatus: (now) => {
          if (isSettled(now)) finish(() => resolve(now));
        },
      });
      const cancellation = token.onCancellationRequested(() => finish(() => reject(new ApiError(503, "Cancelled."))));
    }).then((now) => readyOr503(now as Status));
  }
}

function isSettled({ state, model, chatModel }: Status): boolean {
  return state === "failed" || (model !== undefined && (chatModel === undefined || chatModel.state !== "starting"));
}

function readyOr503(status: Status): Status {
  if (status.state === "failed") throw new ApiError(503, status.detail || "The engine is stopped.");
  return status;
}
