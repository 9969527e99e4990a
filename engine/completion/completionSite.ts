/** A completion site: the place in a document at which a suggestion is asked for. */

import type { CompleteParams, SilenceReason } from "../protocol/completion.ts";
import type { CursorPosition } from "../protocol/documents.ts";
import type { Documents } from "../repository/openDocuments.ts";
import { type CursorContext, cursorContext } from "../text/cursor.ts";
import { refusalReason, widgetTextAt } from "./refusals.ts";

export interface CompletionSite {
  uri: string;
  /** The text around the cursor in the document. */
  context: CursorContext;
  /** The text that the item selected in the suggest widget would add. */
  widgetText: string;
  /** The text around the cursor with that text inserted. */
  contextWithWidget: CursorContext;
}

/** Either what was looked for, or the reason why nothing may be suggested at that place ("refused"). */
export type Found<T> = { kind: "found"; value: T } | { kind: "refused"; reason: SilenceReason };

/** Identifies the place of a request or an answer. */
export interface SiteKey {
  uri: string;
  /** The text before the cursor. */
  prefix: string;
  /** The text after the cursor. */
  suffix: string;
}

export function siteKeyOf(uri: string, context: CursorContext): SiteKey {
  return { uri, prefix: context.prefix, suffix: suffixOf(context) };
}

export function suffixOf({ restOfLine, below }: CursorContext): string {
  return below === undefined ? restOfLine : `${restOfLine}\n${below}`;
}

/** The site that a request names. */
export function siteAt(documents: Documents, params: CompleteParams): Found<CompletionSite> {
  const found = contextAt(documents, params);
  if (found.kind === "refused") return found;
  const context = params.indent === undefined ? found.value : { ...found.value, indent: params.indent };
  const widgetText = widgetTextAt(params.widgetItem, context.prefix, params.offset);
  const reason = refusalReason(params, context.restOfLine) ?? (widgetText === undefined ? "suggest-widget" : undefined);
  if (reason !== undefined || widgetText === undefined) {
    return refused(reason ?? "suggest-widget");
  }
  const contextWithWidget = { ...context, prefix: context.prefix + widgetText };
  return { kind: "found", value: { uri: params.uri, context, widgetText, contextWithWidget } };
}

export function contextAt(documents: Documents, { uri, version, offset }: CursorPosition): Found<CursorContext> {
  const lookup = documents.lookUp(uri, version);
  switch (lookup.kind) {
    case "unknown":
      return refused("unknown-document");
    case "outdated":
      return refused("outdated");
    case "found":
      return { kind: "found", value: cursorContext(lookup.document, offset) };
  }
}

function refused(reason: SilenceReason): Found<never> {
  return { kind: "refused", reason };
}

/** The text around the cursor after a suggestion is accepted. */
export function afterAcceptance(context: CursorContext, text: string, replaceLength: number): CursorContext {
  return { ...context, prefix: context.prefix + text, restOfLine: context.restOfLine.slice(replaceLength) };
}
