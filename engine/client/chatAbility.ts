/** Which model answers questions, and whether it can. */
import type { ModelSummary, Status } from "../protocol/status.ts";

export type ChatAbility =
  | { kind: "yes" }
  /** It is not known yet, or the chat's model cannot be loaded. */
  | { kind: "loading"; sentence: string }
  | { kind: "no"; sentence: string };

/** The model that questions are for; undefined while it is not in memory. */
export function answeringModel({ model, chatModel }: Status): ModelSummary | undefined {
  return chatModel === undefined ? model : chatModel.model;
}

export function chatAbility(status: Status): ChatAbility {
  const answering = answeringModel(status);
  if (answering === undefined) {
    const { detail, chatModel } = status;
    return chatModel === undefined
      ? { kind: "loading", sentence: detail || "The model is being loaded." }
      : { kind: "loading", sentence: chatModel.detail || "The model of the chat is being loaded." };
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
