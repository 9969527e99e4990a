/** What the engine's state means for the chat page. Free of `vscode`. */
import type { Status } from "../../engine/protocol.ts";
import type { PageState } from "../../webview/messages.ts";

const NO_CHAT_MODEL =
  "The built-in model only completes code and cannot answer questions. For answers, set a chat model " +
  '(a GGUF file of BitNet b1.58 2B4T) in the setting "sterna.model".';

/** @param isOpen a conversation is open in the engine. */
export function pageState({ state, detail, model }: Status, isOpen: boolean): PageState {
  const ready = (state === "ready" || state === "working") && isOpen;
  const chooseModel = ready && model?.chat === false;
  return { note: ready ? (chooseModel ? NO_CHAT_MODEL : "") : detail, chooseModel, canAsk: ready, alive: isOpen };
}
