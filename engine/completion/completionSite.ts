/**
 * A place to complete at.
 */

import type { CompleteParams, SilenceReason } from "../protocol/completion.ts";
import type { CursorPlace } from "../protocol/documents.ts";
import type { Documents } from "../repository/openDocuments.ts";
import { type CursorContext, cursorContext } from "../text/cursor.ts";
import { whyNot, widgetLead } from "./refusals.ts";

export interface Spot {
  uri: string;
  /** As the document stands. */
  context: CursorContext;
  /** What the item selected in the suggest widget would add. */
  lead: string;
  /** As the document would stand with it. */
  led: CursorContext;
}

/** Where a request or an answer belongs. */
export interface Place {
  uri: string;
  /** Text before and after the cursor. */
  prefix: string;
  suffix: string;
}

export function placeOf(uri: string, context: CursorContext): Place {
  return { uri, prefix: context.prefix, suffix: suffixOf(context) };
}

export function suffixOf({ restOfLine, below }: CursorContext): string {
  return below === undefined ? restOfLine : `${restOfLine}\n${below}`;
}

/** The place that a request names, or the reason why nothing is to be suggested there. */
export function spotOf(documents: Documents, params: CompleteParams): Spot | SilenceReason {
  const found = contextAt(documents, params);
  if (typeof found === "string") {
    return found;
  }
  const context = params.indent === undefined ? found : { ...found, indent: params.indent };
  const lead = widgetLead(params.widgetItem, context.prefix, params.offset);
  const reason = whyNot(params, context.restOfLine) ?? (lead === undefined ? "suggest-widget" : undefined);
  if (reason !== undefined || lead === undefined) {
    return reason ?? "suggest-widget";
  }
  return { uri: params.uri, context, lead, led: { ...context, prefix: context.prefix + lead } };
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
export function accepted(context: CursorContext, text: string, replaceLength: number): CursorContext {
  return { ...context, prefix: context.prefix + text, restOfLine: context.restOfLine.slice(replaceLength) };
}
