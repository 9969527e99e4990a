/** The file that newcomers type into first: its suggestion must be worth a Tab, however fast they type. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { SAMPLE } from "../../extension/walkthrough/sample.ts";
import { root } from "../unit/root.ts";
import { withBuiltinSuggestions } from "./builtinSuggestions.ts";

const REST = "item.price * item.quantity";

describe("the first file", function () {
  this.timeout(60_000);
  const suggest = withBuiltinSuggestions();

  it("is the sample project's, without what is typed", () => {
    const text = readFileSync(join(root, "test/fixtures/sample/src/start.ts"), "utf8");
    assert.equal(`${SAMPLE.before.trimEnd()}\n${SAMPLE.after}`, text);
  });

  for (const typed of ["sum", "sum +=", "sum += "]) {
    it(`gets the rest of the line behind "${typed}"`, async () => {
      const before = SAMPLE.before + typed;
      const result = await suggest({ path: "src/start.ts", text: before + SAMPLE.after }, before.length);
      const text = result.kind === "shown" ? result.text : result.reason;
      assert.ok((typed + text).startsWith(`sum += ${REST}`), text);
    });
  }
});
