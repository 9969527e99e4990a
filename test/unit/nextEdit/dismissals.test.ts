import assert from "node:assert/strict";
import { Dismissals } from "../../../engine/nextEdit/dismissals.ts";

describe("dismissed proposals", () => {
  const one = { rule: "a to b", uri: "a.ts", surroundings: "f(a);" };
  const table: [name: string, other: typeof one, isDismissed: boolean][] = [
    ["itself", one, true],
    ["the same rule on another line", { ...one, surroundings: "g(a);" }, true],
    ["the same rule in another file", { ...one, uri: "b.ts" }, true],
    ["another rule on the same line", { ...one, rule: "f to g" }, true],
    ["another rule on the line as it is now", { ...one, rule: "f to g", surroundings: "f(b);" }, false],
    ["another rule on such a line of another file", { ...one, rule: "f to g", uri: "b.ts" }, false],
  ];
  for (const [name, other, isDismissed] of table) {
    it(`${name}: ${isDismissed ? "never again" : "may come"}`, () => {
      const dismissals = new Dismissals();
      assert.equal(dismissals.has(other), false);
      dismissals.add(one);
      assert.equal(dismissals.has(other), isDismissed);
    });
  }

  it("are remembered up to the latest five hundred", () => {
    const dismissals = new Dismissals();
    const numbered = (count: number) => ({ rule: `rule ${count}`, uri: "a.ts", surroundings: `line ${count}` });
    for (let count = 0; count <= 500; count++) dismissals.add(numbered(count));
    assert.equal(dismissals.has(numbered(0)), false);
    assert.equal(dismissals.has(numbered(1)), true);
    assert.equal(dismissals.has(numbered(500)), true);
  });
});
