import assert from "node:assert/strict";
import { globsOf, isExcluded } from "../../../engine/workspace/exclude.ts";

describe("which files a setting of globs excludes", () => {
  const cases: [glob: string, path: string, isExcluded: boolean][] = [
    ["**/.env", "/w/sub/.env", true],
    ["**/.env", "/w/sub/a.env", false],
    ["sub/**", "/w/sub/a.ts", true],
    ["sub/**", "/w/other/sub/a.ts", false],
    ["**/*.{key,pem}", "/w/server.pem", true],
    ["**/*.{key,pem}", "/w/server.pem.ts", false],
    // Neither a comment nor its opposite.
    ["#*", "/w/#a", true],
    ["!a.ts", "/w/b.ts", false],
  ];
  // Twice, because what a glob means is kept.
  for (const [glob, path, expected] of [...cases, ...cases.toReversed()]) {
    it(`${glob}: ${path} is ${expected ? "excluded" : "read"}`, () => {
      const paths = [path, path.slice("/w/".length)];
      assert.equal(isExcluded(paths, { [glob]: true, "**/never": true }), expected);
      assert.equal(isExcluded(paths, { [glob]: false }), false);
    });
  }

  it("are those that are on", () => assert.deepEqual(globsOf({ a: true, b: false, c: true }), ["a", "c"]));
});
