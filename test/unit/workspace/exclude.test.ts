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
    // A folder's name excludes what is in it.
    ["**/secrets", "/w/app/secrets/deep/a.yml", true],
    ["secrets/", "/w/secrets/a.yml", true],
    ["secrets", "/w/app/secrets/a.yml", true],
    ["**/secrets", "/w/app/secrets.ts", false],
    ["/secrets/**", "/w/secrets/a.yml", true],
    ["./config/keys.yml", "/w/config/keys.yml", true],
    ["config\\keys.yml", "/w/config/keys.yml", true],
    // A name without a slash is looked for everywhere.
    ["secrets.yml", "/w/config/secrets.yml", true],
    ["*.secret", "/w/config/a.secret", true],
    // The case of letters does not count.
    ["**/.env", "/w/.ENV", true],
    ["**/*.{key,pem}", "/w/Server.PEM", true],
    ["**/Secrets/**", "/w/secrets/a.yml", true],
    // Folders around the workspace are not meant.
    ["w", "/w/a.ts", false],
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

  it("are not those whose folders outside of a workspace have the name", () => {
    assert.equal(isExcluded(["/home/me/a.ts"], { "**/me": true }), false);
    assert.equal(isExcluded(["/home/me/.env"], { "**/.env": true }), true);
  });

  it("are those that are on", () => assert.deepEqual(globsOf({ a: true, b: false, c: true }), ["a", "c"]));
});
