/**
 * Sterna's model in VS Code's own places: in the model picker of its chat, and for other extensions. The limits are the
 * model's own, so that nobody sends what would be cut.
 */
import * as vscode from "vscode";
import { countTokens } from "../../engine/protocol/chat.ts";
import type { Status } from "../../engine/protocol/status.ts";
import type { EngineClient } from "../engine/client.ts";
import { engineMessages, textOf } from "./messages.ts";

export const VENDOR = "sterna";
/** Of the context; the rest is for the prompt. */
const ANSWER_SHARE = 0.25;

export class SternaModels implements vscode.LanguageModelChatProvider, vscode.Disposable {
  readonly #client: EngineClient;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChangeLanguageModelChatInformation = this.#changed.event;
  #offered = "";

  constructor(client: EngineClient) {
    this.#client = client;
  }

  /** Told whenever the engine's state changes. */
  setStatus(status: Status): void {
    const offered = JSON.stringify(informationOf(status));
    if (offered !== this.#offered) {
      this.#offered = offered;
      this.#changed.fire();
    }
  }

  provideLanguageModelChatInformation(): vscode.LanguageModelChatInformation[] {
    return informationOf(this.#client.status);
  }

  async provideLanguageModelChatResponse(
    model: vscode.LanguageModelChatInformation,
    messages: readonly vscode.LanguageModelChatRequestMessage[],
    options: vscode.ProvideLanguageModelChatResponseOptions,
    progress: vscode.Progress<vscode.LanguageModelResponsePart>,
    token: vscode.CancellationToken,
  ): Promise<void> {
    if (options.toolMode === vscode.LanguageModelChatToolMode.Required) {
      throw new Error("This model cannot use tools.");
    }
    await this.#client.chat(
      { messages: engineMessages(messages), maxTokens: model.maxOutputTokens },
      (text) => progress.report(new vscode.LanguageModelTextPart(text)),
      token,
    );
  }

  async provideTokenCount(
    _model: vscode.LanguageModelChatInformation,
    text: string | vscode.LanguageModelChatRequestMessage,
    token: vscode.CancellationToken,
  ): Promise<number> {
    const content = typeof text === "string" ? text : textOf(text.content);
    return await this.#client.request(countTokens, { text: content }, token);
  }

  dispose(): void {
    this.#changed.dispose();
  }
}

/** The loaded model when it can chat; nothing else is offered. */
function informationOf({ model }: Status): vscode.LanguageModelChatInformation[] {
  if (model?.chat !== true) {
    return [];
  }
  const maxOutputTokens = Math.floor(model.contextLength * ANSWER_SHARE);
  return [
    {
      id: "local",
      name: `Sterna: ${model.name}`,
      family: "bitnet",
      version: "1",
      tooltip: model.destination === undefined ? "Runs on this computer." : `Text is sent to ${model.destination}.`,
      maxInputTokens: model.contextLength - maxOutputTokens,
      maxOutputTokens,
      capabilities: { toolCalling: false, imageInput: false },
    },
  ];
}
