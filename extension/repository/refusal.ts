/** The error of a file that may not be read. */
import { type Refusal, refusalSentence } from "../../engine/workspace/refusal.ts";
import { ActionableError, type ErrorAction } from "../actionableError.ts";

/** A file may not be read; with a button that leads to what decides it. */
export class RefusalError extends ActionableError {
  override name = "RefusalError";

  /** @param file its name. */
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
