/** Tables of suggestions, and what a filter makes of them. */
import assert from "node:assert/strict";
import type { Filter } from "../../../engine/completion/filters/filter.ts";
import { contextAt } from "./marked.ts";

/**
 * [document with ^ at the cursor, raw suggestion, what the document becomes when it is accepted or the reason in
 * angle brackets]
 */
export type Row = [document: string, raw: string, expected: string];

/** The document after the suggestion was filtered and accepted, or the reason of its refusal in angle brackets. */
export function accepted(filter: Filter, [marked, raw]: Row, languageId?: string): string {
  const verdict = filter({ text: raw, replaceLength: 0 }, contextAt(marked, languageId));
  if (verdict.kind === "drop") {
    return `<${verdict.reason}>`;
  }
  const [before = "", after = ""] = marked.split("^");
  return before + verdict.suggestion.text + after.slice(verdict.suggestion.replaceLength);
}

/** A test for each row. */
export function table(name: string, filter: Filter, rows: Row[], languageId?: string): void {
  describe(name, () => {
    for (const row of rows) {
      it(`${JSON.stringify(row[0])} + ${JSON.stringify(row[1])}`, () => {
        assert.equal(accepted(filter, row, languageId), row[2]);
      });
    }
  });
}
