/** The commands in the README run as they are printed. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../unit/root.ts";

const README = readFileSync(join(root, "README.md"), "utf8");
const COMMANDS = [...README.matchAll(/^npm run -s sterna -- .+$/gm)].map(([command]) => command);

describe("the commands of the README", () => {
  it("are there", () => assert.ok(COMMANDS.length >= 5, String(COMMANDS.length)));

  for (const command of COMMANDS) {
    it(command, () => {
      const output = execFileSync(command, { cwd: root, shell: "/bin/sh", encoding: "utf8", stdio: "pipe" });
      assert.notEqual(output.trim(), "");
      if (command.includes("--json")) assert.ok(JSON.parse(output).text.length > 0, output);
    }).timeout(120_000);
  }
});
