/** Replaces the engine by one with a scripted model for the tests of a `describe`. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import * as vscode from "vscode";
import type { SternaApi } from "../../extension/api.ts";
import { closeAll, sleep, sterna, until } from "./editor.ts";
import type { Line } from "./scriptedEngine.ts";

export interface Scripted {
  api: SternaApi;
  /** What the model says from now on. */
  script(...lines: Line[]): void;
  /** All prompts so far. */
  prompts(): string;
}

export function withScriptedEngine(): Scripted {
  const folder = mkdtempSync(path.join(tmpdir(), "sterna-script-"));
  const file = path.join(folder, "script.json");
  const prompts = path.join(folder, "prompts.txt");
  writeFileSync(prompts, "");
  const scripted: Scripted = {
    api: undefined as unknown as SternaApi,
    script: (...lines) => writeFileSync(file, JSON.stringify(lines)),
    prompts: () => readFileSync(prompts, "utf8"),
  };
  before(async function () {
    this.timeout(60_000);
    scripted.api = await sterna();
    scripted.script();
    process.env.STERNA_TEST_ENGINE = path.join(__dirname, "scriptedEngine.cjs");
    process.env.STERNA_TEST_SCRIPT = file;
    process.env.STERNA_TEST_PROMPTS = prompts;
    await vscode.commands.executeCommand("sterna.restart");
    await until("the scripted engine", () => scripted.api.status().model?.kernel === "fake" && isIdle(scripted.api));
  });
  afterEach(async () => {
    await vscode.commands.executeCommand("sterna.rejectChange");
    await closeAll();
  });
  after(async function () {
    this.timeout(60_000);
    delete process.env.STERNA_TEST_ENGINE;
    delete process.env.STERNA_TEST_SCRIPT;
    delete process.env.STERNA_TEST_PROMPTS;
    await vscode.commands.executeCommand("sterna.restart");
    await until(
      "the real engine",
      () => scripted.api.status().model?.kernel !== "fake" && isIdle(scripted.api),
      30_000,
    );
    rmSync(folder, { recursive: true, force: true });
  });
  return scripted;
}

export function isIdle(api: SternaApi): boolean {
  return api.status().state === "ready";
}

/** Answers the next input boxes or lists, with what the user would type or choose. */
export function answering<K extends "showInputBox" | "showQuickPick">(
  kind: K,
  answer: (shown: unknown) => unknown,
): { shown: unknown[]; restore(): void } {
  const original = vscode.window[kind];
  const shown: unknown[] = [];
  (vscode.window as unknown as Record<string, unknown>)[kind] = async (first: unknown) => {
    shown.push(first);
    return answer(first);
  };
  return {
    shown,
    restore: () => {
      (vscode.window as unknown as Record<string, unknown>)[kind] = original;
    },
  };
}

/** The errors that are shown while something runs. */
export async function errorsOf(run: () => PromiseLike<unknown>): Promise<string[]> {
  const original = vscode.window.showErrorMessage;
  const errors: string[] = [];
  (vscode.window as unknown as Record<string, unknown>).showErrorMessage = async (message: string) => {
    errors.push(message);
  };
  try {
    await run();
  } finally {
    (vscode.window as unknown as Record<string, unknown>).showErrorMessage = original;
  }
  return errors;
}

/** The diff that is shown: the document of the proposal. */
export async function shownDiff(): Promise<vscode.TextDocument> {
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  assert.ok(input instanceof vscode.TabInputTextDiff, "no diff is shown");
  assert.equal(input.modified.scheme, "sterna-edit");
  return await vscode.workspace.openTextDocument(input.modified);
}

/** The text of the diff that is shown, once it matches. VS Code reads it again a moment after it has changed. */
export async function diffWith(expected: RegExp): Promise<string> {
  const diff = await shownDiff();
  await until(`${expected} in the diff`, () => expected.test(diff.getText()), 3_000);
  let text = "";
  while (text !== diff.getText()) {
    text = diff.getText();
    await sleep(200);
  }
  return text;
}

export function noDiff(): boolean {
  const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
  return !tabs.some(({ input }) => input instanceof vscode.TabInputTextDiff);
}
