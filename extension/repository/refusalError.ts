/** The error for a file that may not be read. */
import { type Refusal, refusalSentence } from "../../engine/workspace/refusal.ts";
import { ActionableError, type ErrorAction } from "../actionableError.ts";

/** Has a button that leads to the setting or file that is the reason. */
export class RefusalError extends ActionableError {
  override name = "RefusalError";

  /** @param file the file's name. */
  constructor(refusal: Refusal, file: string) {
    super(refusalSentence(refusal, file), actionFor(refusal));
  }
}

function actionFor(refusal: Refusal): ErrorAction {
  if (refusal === "untrusted") {
    return { title: "Manage Trust", command: "workbench.trust.manage" };
  }
  const setting = refusal === "excluded" ? "sterna.inline.exclude" : "sterna.readIgnoredFiles";
  return { title: "Open the Setting", command: "workbench.action.openSettings", arguments: [setting] };
}
