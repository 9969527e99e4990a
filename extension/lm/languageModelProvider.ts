/**
 * Offers Sterna's model to VS Code's own chat, in its list of models, and to other extensions. The limits are the
 * model's own, so that nobody sends text that would be cut off.
 */
import * as vscode from "vscode";
import { answeringModel } from "../../engine/client/chatAbility.ts";
import type { EngineClient } from "../../engine/client/client.ts";
import { chat, chatText, countTokens } from "../../engine/protocol/chat.ts";
import type { Status } from "../../engine/protocol/status.ts";
import type { Services } from "../services.ts";
import { engineMessages, textOf } from "./lmMessages.ts";

const VENDOR = "sterna";
/** The share of the context that is left for the answer; the rest is for the prompt. */
const ANSWER_SHARE = 0.25;

export function registerLanguageModel(context: vscode.ExtensionContext, { engine }: Services): void {
  const models = new SternaModels(engine);
  context.subscriptions.push(
    models,
    vscode.lm.registerLanguageModelChatProvider(VENDOR, models),
    engine.listen({ onStatus: (status) => models.setStatus(status) }),
  );
}

class SternaModels implements vscode.LanguageModelChatProvider, vscode.Disposable {
  readonly #engine: EngineClient;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChangeLanguageModelChatInformation = this.#changed.event;
  #offered = "";

  constructor(engine: EngineClient) {
    this.#engine = engine;
  }

  /** Called whenever the engine's state changes. */
  setStatus(status: Status): void {
    const offered = JSON.stringify(informationOf(status));
    if (offered !== this.#offered) {
      this.#offered = offered;
      this.#changed.fire();
    }
  }

  provideLanguageModelChatInformation(): vscode.LanguageModelChatInformation[] {
    return informationOf(this.#engine.status);
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
    const params = { messages: engineMessages(messages), maxTokens: model.maxOutputTokens };
    const onText = (text: string) => progress.report(new vscode.LanguageModelTextPart(text));
    await this.#engine.stream(chat, params, chatText, onText, token);
  }

  async provideTokenCount(
    _model: vscode.LanguageModelChatInformation,
    text: string | vscode.LanguageModelChatRequestMessage,
    token: vscode.CancellationToken,
  ): Promise<number> {
    const content = typeof text === "string" ? text : textOf(text.content);
    return await this.#engine.request(countTokens, { text: content }, token);
  }

  dispose(): void {
    this.#changed.dispose();
  }
}

/** The model that answers questions. Other models are not offered. */
function informationOf(status: Status): vscode.LanguageModelChatInformation[] {
  const model = answeringModel(status);
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
