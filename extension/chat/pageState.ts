/** What the engine's state means for the chat page. Free of `vscode`. */
import type { Status } from "../../engine/protocol/status.ts";
import type { PageState } from "../../webview/messages.ts";

const NO_CHAT_MODEL =
  "The model in use only completes code. For answers, choose a chat model such as BitNet b1.58 2B4T.";

/** @param isOpen a conversation is open in the engine. */
export function pageState({ state, detail, model }: Status, isOpen: boolean): PageState {
  const ready = (state === "ready" || state === "working") && isOpen;
  const chooseModel = ready && model?.chat === false;
  return { note: ready ? (chooseModel ? NO_CHAT_MODEL : "") : detail, chooseModel, canAsk: ready, alive: isOpen };
}
