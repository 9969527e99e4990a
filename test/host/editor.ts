/** What the tests do in the editor, and waiting for it. */
import assert from "node:assert/strict";
import path from "node:path";
import * as vscode from "vscode";
import type { SternaApi } from "../../extension/api.ts";
import { PLACES } from "../../scripts/lib/places.mjs";

/** The extension's API, once its model is loaded. */
export async function sterna(): Promise<SternaApi> {
  const extension = vscode.extensions.getExtension<SternaApi>("sterna.sterna");
  assert.ok(extension, "the extension is not installed");
  const api = await extension.activate();
  await api.ready;
  return api;
}

/** Waits until a condition returns a value that is neither undefined nor false, and returns it. */
export async function until<T>(what: string, condition: () => T | undefined | false, limitMs = 10_000): Promise<T> {
  const end = performance.now() + limitMs;
  for (;;) {
    const value = condition();
    if (value !== undefined && value !== false) {
      return value;
    }
    if (performance.now() > end) {
      throw new Error(`${what}: not within ${limitMs} ms`);
    }
    await sleep(1);
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Opens a file of the sample project as it is on disk, with the cursor at the end of a line, counted from 1. */
export async function openAt(file: string, line: number): Promise<vscode.TextEditor> {
  const folder = vscode.workspace.workspaceFolders?.[0];
  assert.ok(folder, "no folder is open");
  const document = await vscode.workspace.openTextDocument(path.join(folder.uri.fsPath, file));
  const editor = await vscode.window.showTextDocument(document);
  await vscode.commands.executeCommand("workbench.action.files.revert");
  const position = document.lineAt(line - 1).range.end;
  editor.selection = new vscode.Selection(position, position);
  return editor;
}

/** Types like a person: one key at a time. */
export async function type(text: string): Promise<void> {
  for (const key of text) {
    await vscode.commands.executeCommand("type", { text: key });
  }
}

/** Closes all editors and discards what the tests have typed. */
export async function closeAll(): Promise<void> {
  // While the editor below takes over from one that was closed, no text editor is active: only the tabs tell what is left.
  for (let open = tabs(); open > 0; open = tabs()) {
    await vscode.commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
    await until("the end of a tab", () => tabs() < open);
  }
}

function tabs(): number {
  return vscode.window.tabGroups.all.reduce((sum, group) => sum + group.tabs.length, 0);
}

/** Types at one place after another until a suggestion appears; fails when none does. */
export async function typeUntilSuggestion(api: SternaApi): Promise<vscode.TextEditor> {
  const silences: string[] = [];
  for (const place of PLACES) {
    const editor = await openAt(place.file, place.line);
    const before = settled(api);
    await type(place.type);
    if (await nextResult(api, before)) {
      return editor;
    }
    silences.push(`${place.file}: ${api.lastSilence()}`);
  }
  throw new Error(`no suggestion at any place (${silences.join(", ")})`);
}

interface ResultCounts {
  shown: number;
  silent: number;
}

/** How many requests have been answered so far, without cancelled ones. */
export function settled(api: SternaApi): ResultCounts {
  const { shown, silent } = api.counts();
  const { cancelled = 0, ...rest } = silent;
  void cancelled;
  return { shown, silent: Object.values(rest).reduce((sum, count) => sum + count, 0) };
}

/** Waits until no more answers come; true when one of them was a suggestion. */
export async function nextResult(api: SternaApi, before: ResultCounts): Promise<boolean> {
  const isNew = ({ shown, silent }: ResultCounts) => shown + silent > before.shown + before.silent;
  await until("an answer to the keystrokes", () => isNew(settled(api)));
  let last = settled(api);
  for (;;) {
    await sleep(250);
    const now = settled(api);
    if (now.shown === last.shown && now.silent === last.silent && api.status().state === "ready") {
      return api.lastSilence() === undefined;
    }
    last = now;
  }
}
