/** A completion site: the place in a document at which a suggestion is asked for. */

import type { CompleteParams, SilenceReason } from "../protocol/completion.ts";
import type { CursorPlace } from "../protocol/documents.ts";
import type { Documents } from "../repository/openDocuments.ts";
import { type CursorContext, cursorContext } from "../text/cursor.ts";
import { refusalReason, widgetTextAt } from "./refusals.ts";

export interface CompletionSite {
  uri: string;
  /** What surrounds the cursor in the document. */
  context: CursorContext;
  /** What the item selected in the suggest widget would add. */
  widgetText: string;
  /** The same, with that text at the cursor. */
  contextWithWidget: CursorContext;
}

/** Where a request or an answer belongs. */
export interface SiteKey {
  uri: string;
  /** Text before and after the cursor. */
  prefix: string;
  suffix: string;
}

export function siteKeyOf(uri: string, context: CursorContext): SiteKey {
  return { uri, prefix: context.prefix, suffix: suffixOf(context) };
}

export function suffixOf({ restOfLine, below }: CursorContext): string {
  return below === undefined ? restOfLine : `${restOfLine}\n${below}`;
}

/** The place that a request names, or the reason why nothing is to be suggested there. */
export function siteAt(documents: Documents, params: CompleteParams): CompletionSite | SilenceReason {
  const found = contextAt(documents, params);
  if (typeof found === "string") {
    return found;
  }
  const context = params.indent === undefined ? found : { ...found, indent: params.indent };
  const widgetText = widgetTextAt(params.widgetItem, context.prefix, params.offset);
  const reason = refusalReason(params, context.restOfLine) ?? (widgetText === undefined ? "suggest-widget" : undefined);
  if (reason !== undefined || widgetText === undefined) {
    return reason ?? "suggest-widget";
  }
  return {
    uri: params.uri,
    context,
    widgetText,
    contextWithWidget: { ...context, prefix: context.prefix + widgetText },
  };
}

export function contextAt(documents: Documents, { uri, version, offset }: CursorPlace): CursorContext | SilenceReason {
  const lookup = documents.at(uri, version);
  switch (lookup.kind) {
    case "unknown":
      return "unknown-document";
    case "outdated":
      return "outdated";
    case "found":
      return cursorContext(lookup.document, offset);
  }
}

/** The place after a suggestion is accepted. */
export function afterAcceptance(context: CursorContext, text: string, replaceLength: number): CursorContext {
  return { ...context, prefix: context.prefix + text, restOfLine: context.restOfLine.slice(replaceLength) };
}
