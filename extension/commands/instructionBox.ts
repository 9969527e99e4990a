/** Asks what a command should do, and keeps what was typed until it has been carried out. */
import * as vscode from "vscode";
import type { EngineClient } from "../../engine/client/client.ts";
import { type CodeContext, type EditTask, taskExpected } from "../../engine/protocol/tasks.ts";
import { EDIT_TITLES } from "./titles.ts";

const PROMPTS: Partial<Record<EditTask, { prompt: string; mayBeEmpty: boolean }>> = {
  refactor: { prompt: "What should be better? Empty: simpler and easier to read.", mayBeEmpty: true },
  edit: { prompt: "What should change?", mayBeEmpty: false },
};

export class InstructionBox {
  readonly #engine: EngineClient;
  /** Instructions that have not been carried out. */
  readonly #kept = new Map<EditTask, string>();

  constructor(engine: EngineClient) {
    this.#engine = engine;
  }

  /** @returns "" for a command that needs no instruction; undefined when the user has cancelled. */
  async ask(task: EditTask, code: CodeContext): Promise<string | undefined> {
    const asked = PROMPTS[task];
    if (asked === undefined) {
      return "";
    }
    // The model reads the code while the user types.
    this.#engine.notify(taskExpected, { code });
    const value = this.#kept.get(task) ?? "";
    const text = await vscode.window.showInputBox({ title: EDIT_TITLES[task], prompt: asked.prompt, value });
    if (text === undefined || (text.trim() === "" && !asked.mayBeEmpty)) {
      return undefined;
    }
    this.#kept.set(task, text);
    return text;
  }

  /** Forgets an instruction that has been carried out. */
  forget(task: EditTask): void {
    this.#kept.delete(task);
  }
}
