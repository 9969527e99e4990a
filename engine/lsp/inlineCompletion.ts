/** Translates suggestions: LSP's request to the engine's, and the engine's answer to an item. Plain data in and out. */
import {
  type InlineCompletionItem,
  InlineCompletionTriggerKind,
  type Position,
  type Range,
} from "vscode-languageserver/node";
import type { TextDocument } from "vscode-languageserver-textdocument";
import type { CompleteParams, CompleteResult } from "../protocol/completion.ts";
import { withEnds } from "./workspaceEdit.ts";

/** A command that the client executes after it has inserted a suggestion. */
export const ACCEPTED_COMMAND = "sterna.accepted";

export type Shown = Extract<CompleteResult, { kind: "shown" }>;

export interface InlineRequest {
  position: Position;
  triggerKind: InlineCompletionTriggerKind;
  /** The item that is selected in the client's list of completions. */
  selected?: { range: Range; text: string } | undefined;
}

export function completeParams(
  document: TextDocument,
  { position, triggerKind, selected }: InlineRequest,
): CompleteParams {
  const start = selected && document.offsetAt(selected.range.start);
  return {
    uri: document.uri,
    version: document.version,
    offset: document.offsetAt(position),
    trigger: triggerKind === InlineCompletionTriggerKind.Invoked ? "manual" : "automatic",
    ...(selected &&
      start !== undefined && {
        widgetItem: {
          offset: start,
          length: Math.max(0, document.offsetAt(selected.range.end) - start),
          text: selected.text,
        },
      }),
  };
}

/** The item. If one is selected in the client's list, it covers that one's range. */
export function inlineItem(
  document: TextDocument,
  { position, selected }: InlineRequest,
  { text, replaceLength }: Shown,
): InlineCompletionItem {
  const start = selected?.range.start ?? position;
  const end = document.positionAt(document.offsetAt(position) + replaceLength);
  return {
    insertText: document.getText({ start, end: position }) + withEnds(text, document.getText()),
    range: { start, end },
    command: { command: ACCEPTED_COMMAND, title: "Suggestion accepted", arguments: [document.uri] },
  };
}
