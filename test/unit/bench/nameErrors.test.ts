import assert from "node:assert/strict";
import { nameErrors } from "../../../bench/places/nameErrors.ts";
import { root } from "../root.ts";

/** A document with what is suggested between bars, and what its author wrote there. */
function suggested(marked: string, original: string, isJsx = false) {
  const [before = "", added = "", behind = ""] = marked.split("|");
  const start = before.length;
  return {
    isJsx,
    text: before + added + behind,
    start,
    end: start + added.length,
    original: before + original + behind,
  };
}

describe("TypeScript as the judge of names", function () {
  this.timeout(60_000);

  it("finds names and members that are not there, in what is suggested alone", () => {
    const header = 'import { far } from "./far";\nclass A { size = 1; f(key: string): number { return ';
    const errors = nameErrors(
      [
        suggested(`${header}|nowhere + far(1)|; } }\n`, "1"),
        suggested(`${header}|this.length|; } }\n`, "1"),
        suggested(`${header}|this.size + key.length|; } }\n`, "1"),
        // Unknown in the author's text as well.
        suggested("describe(missing, () => {\n  |missing|;\n});\n", "missing"),
        suggested("const a = <p>{|nowhere|}</p>;\n", "1", true),
        suggested("nowhere;\nconst a = |1|;\n", "2"),
      ],
      root,
    );
    assert.deepEqual(errors, [
      { names: ["nowhere"], members: [] },
      { names: [], members: ["length"] },
      { names: [], members: [] },
      { names: [], members: [] },
      { names: ["nowhere"], members: [] },
      { names: [], members: [] },
    ]);
  });
});
