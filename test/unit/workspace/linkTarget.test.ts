import assert from "node:assert/strict";
import { linkTarget } from "../../../engine/workspace/linkTarget.ts";

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
  for (const [what, paths, target] of cases) it(what, () => assert.equal(linkTarget(paths), target));
});
