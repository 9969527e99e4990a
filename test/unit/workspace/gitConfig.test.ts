import assert from "node:assert/strict";
import { parseGitConfig } from "../../../engine/workspace/gitConfig.ts";

describe("git's configuration", () => {
  const cases: [what: string, text: string, entries: [key: string, subsection: string, value: string][]][] = [
    ["a plain value", "[core]\n\texcludesFile = ~/.ignore\n", [["core.excludesfile", "", "~/.ignore"]]],
    ["upper case", "[CORE]\nExcludesFile=/a/b\n", [["core.excludesfile", "", "/a/b"]]],
    ["quotes and comments", '[core]\nexcludesfile = "/a #1/b" ; why\n', [["core.excludesfile", "", "/a #1/b"]]],
    ["blanks within and behind", "[core]\nexcludesfile =  /a b/c  \t\n", [["core.excludesfile", "", "/a b/c"]]],
    ["escapes", '[core]\nexcludesfile = "C:\\\\x\\"y"\n', [["core.excludesfile", "", 'C:\\x"y']]],
    ["a line that goes on", "[core]\nexcludesfile = /a\\\n/b\n", [["core.excludesfile", "", "/a/b"]]],
    ["an entry behind its section", "[core] excludesfile = x\n", [["core.excludesfile", "", "x"]]],
    ["a condition", '[includeIf "gitdir:~/w/"]\r\npath = w.inc\r\n', [["includeif.path", "gitdir:~/w/", "w.inc"]]],
    ["a comment", "# [core]\n; excludesfile = x\n", []],
    ["a name without a value", "[core]\nbare\n", []],
  ];
  for (const [what, text, expected] of cases) {
    it(`is read: ${what}`, () => {
      const entries = parseGitConfig(text).map(({ key, subsection, value }) => [key, subsection, value]);
      assert.deepEqual(entries, expected);
    });
  }
});
