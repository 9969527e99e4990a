import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { scan } from "../../../engine/text/scanner.ts";
import { root } from "../root.ts";

/** A character or a class of characters at the beginning of a pattern that is repeated without an end. */
const RUN = /^\(*(?:\\.|\[(?:\\.|[^\]])+\]|[^\\[^$.])(?:[*+]|\{\d+,\})/;

/** The regular expressions in the project's sources, with the places where they stand. */
function* patterns(): Generator<{ place: string; source: string; flags: string }> {
  for (const room of ["engine", "webview", "extension"]) {
    for (const name of readdirSync(join(root, room), { recursive: true, encoding: "utf8" })) {
      if (!name.endsWith(".ts")) continue;
      const text = readFileSync(join(root, room, name), "utf8");
      for (const { kind, start, end } of scan(text, "typescript").tokens) {
        const [, source, flags] = (kind === "regex" && /^\/(.*)\/(\w*)$/s.exec(text.slice(start, end))) || [];
        if (source === undefined || flags === undefined) continue;
        yield { place: `${room}/${name}: ${source}`, source, flags };
      }
    }
  }
}

/**
 * A pattern that begins with a run is tried at each character of the run, and reads the rest of the run each time, if it
 * then needs what is not there: on a line of 50,000 blanks it takes seconds. What begins at the start of the run alone,
 * as with `(?<!\s)\s+$`, finds the same.
 */
describe("the time that patterns take grows with the length of the text", () => {
  const all = [...patterns()];

  it("finds the patterns", () => assert.ok(all.length > 500));

  it("none that ends at the end of the text begins within a run", () => {
    const slow = all.filter(
      ({ source, flags }) => !flags.includes("y") && RUN.test(source) && /(?<!\\)\$\)*$/.test(source),
    );
    assert.deepEqual(
      slow.map(({ place }) => place),
      [],
    );
  });

  it("none that begins at each line reads the blank lines below first", () => {
    const slow = all.filter(({ source, flags }) => flags.includes("m") && /^\^\\s[*+]/.test(source));
    assert.deepEqual(
      slow.map(({ place }) => place),
      [],
    );
  });
});
