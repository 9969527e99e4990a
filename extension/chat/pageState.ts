/** What the engine's state means for the chat page. Free of `vscode`. */

import { answeringModel, chatAbility } from "../../engine/client/chatAbility.ts";
import type { Status } from "../../engine/protocol/status.ts";
import type { PageState } from "../../webview/messages.ts";

/**
 * @param isOpen whether the engine has a conversation open. @param offer label of the button that gets a chat model.
 * @param isThinking whether a model that can think aloud is to do so.
 */
export function pageState(status: Status, isOpen: boolean, offer: string, isThinking: boolean): PageState {
  const isReady = (status.state === "ready" || status.state === "working") && isOpen;
  const ability = chatAbility(status);
  const alive = isOpen;
  if (!isReady) {
    return { note: status.detail, chooseModel: false, offer: "", canAsk: false, alive };
  }
  switch (ability.kind) {
    case "no":
      return { note: ability.sentence, chooseModel: true, offer, canAsk: false, alive };
    case "loading":
      return { note: ability.sentence, chooseModel: false, offer: "", canAsk: false, alive };
    case "yes": {
      const canThink = answeringModel(status)?.thinks === true;
      const thinking = canThink && { thinking: isThinking };
      return { note: "", chooseModel: false, offer: "", canAsk: true, alive, ...thinking };
    }
  }
}
