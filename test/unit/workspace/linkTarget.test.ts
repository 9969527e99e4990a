import assert from "node:assert/strict";
import { folderOf, linkTarget } from "../../../engine/workspace/linkTarget.ts";

const at = (file: string, realFile: string, realFolder = "/w") => ({ file, realFile, folder: "/w", realFolder });

describe("where a link leads", () => {
  const cases: [what: string, paths: ReturnType<typeof at>, target: string | undefined][] = [
    ["a file", at("/w/a/b.ts", "/w/a/b.ts"), undefined],
    ["a link beside its target", at("/w/a.txt", "/w/.env"), "/w/.env"],
    ["a link to another folder", at("/w/a.txt", "/w/private/b.txt"), "/w/private/b.txt"],
    ["a file in a linked folder", at("/w/link/b.ts", "/w/out/b.ts"), "/w/out/b.ts"],
    ["a link out of the workspace", at("/w/a.txt", "/home/me/.ssh/id_rsa"), "/home/me/.ssh/id_rsa"],
    ["a name that only begins as the way out does", at("/w/a.txt", "/w/..env"), "/w/..env"],
    ["a file of a workspace behind a link", at("/w/a.ts", "/mnt/w/a.ts", "/mnt/w"), undefined],
    ["a link in a workspace behind a link", at("/w/a.ts", "/mnt/w/.env", "/mnt/w"), "/w/.env"],
    ["a name in other letters, where the system does not tell them apart", at("/w/.ENV", "/w/.env"), "/w/.env"],
  ];
  it("is judged in the workspace where that is opened by a link, and the file by its own address", () => {
    const folders = [
      { folder: "/other", realFolder: "/mnt/other" },
      { folder: "/w", realFolder: "/mnt/w" },
    ];
    const found = folderOf("/mnt/w/a/.env", folders);
    assert.deepEqual(found, folders[1]);
    assert.equal(
      linkTarget({ file: "/mnt/w/a/.env", realFile: "/mnt/w/a/.env", ...(found ?? at("", "")) }),
      "/w/a/.env",
    );
    const beside = { folder: "/w", realFolder: "/real" };
    assert.equal(linkTarget({ file: "/real/.env", realFile: "/real/.env", ...beside }), "/w/.env");
    assert.equal(folderOf("/mnt/wide/a", folders), undefined);
  });

  for (const [what, paths, target] of cases) it(what, () => assert.equal(linkTarget(paths), target));
});
