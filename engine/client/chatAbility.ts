/** Whether the model in use answers questions. */
import type { Status } from "../protocol/status.ts";

export type ChatAbility =
  | { kind: "yes" }
  /** It is not known yet, or the chat's model cannot be loaded. */
  | { kind: "loading"; sentence: string }
  | { kind: "no"; sentence: string };

export function chatAbility({ model, detail, chatModel }: Status): ChatAbility {
  if (chatModel !== undefined && chatModel.model === undefined) {
    return { kind: "loading", sentence: chatModel.detail || "The model of the chat is being loaded." };
  }
  const answering = chatModel?.model ?? model;
  if (answering === undefined) {
    return { kind: "loading", sentence: detail || "The model is being loaded." };
  }
  if (answering.chat) {
    return { kind: "yes" };
  }
  return {
    kind: "no",
    sentence:
      "The model in use completes code, but does not answer questions or change code: that takes another model.",
  };
}
