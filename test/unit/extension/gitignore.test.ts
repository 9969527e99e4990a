import assert from "node:assert/strict";
import { type IgnoreFile, isIgnored } from "../../../engine/workspace/gitignore.ts";

const root = (text: string): IgnoreFile => ({ folder: "", text });

const CASES: [files: IgnoreFile[], ignored: string[], kept: string[]][] = [
  [
    [root("node_modules/\n# a comment\n\n*.log")],
    ["node_modules/a/b.js", "a/node_modules/b.js", "x.log", "a/x.log"],
    ["a.js", "logs"],
  ],
  [[root("/dist")], ["dist", "dist/a.js"], ["a/dist/b.js", "distance"]],
  [[root("build/")], ["build/a", "a/build/b"], ["build"]],
  [[root("src/gen")], ["src/gen/a.ts"], ["a/src/gen/b.ts"]],
  [[root("*.env\n!public.env")], ["a.env"], ["public.env"]],
  [[root("secret/\n!secret/open.txt")], ["secret/open.txt"], []],
  [[root("**/gen/**")], ["gen/a", "a/gen/b/c"], ["gen.ts"]],
  [[root("a/**/z")], ["a/z", "a/b/z", "a/b/c/z"], ["b/a/z"]],
  [[root("file?.[ch]")], ["file1.c", "x/file2.h"], ["file.c", "file1.o"]],
  [[root("[!a]b")], ["cb"], ["ab"]],
  [[root("\\#x\n\\!y\nz\\ ")], ["#x", "!y", "z "], ["x"]],
  [
    [root("*.ts"), { folder: "lib", text: "!*.ts\n/local" }],
    ["a.ts", "lib/local/x"],
    ["lib/a.ts", "local/x.js"],
  ],
  [[root("a.b")], ["a.b"], ["axb"]],
  [[root("[z-a]")], [], ["b"]],
  [[root("x\r\ny\r\n")], ["x", "y"], []],
  [[root("\ufeffx\ny\n")], ["x", "y"], []],
];

describe("git ignores", () => {
  it("names in other letters where it is told to", () => {
    assert.equal(isIgnored([root("Secret.json")], "a/secret.json", true), true);
    assert.equal(isIgnored([root("Secret.json")], "a/secret.json"), false);
  });

  for (const [files, ignored, kept] of CASES) {
    it(JSON.stringify(files.map(({ folder, text }) => `${folder}: ${text}`)), () => {
      assert.deepEqual(
        [...ignored, ...kept].filter((path) => isIgnored(files, path)),
        ignored,
      );
    });
  }
});
