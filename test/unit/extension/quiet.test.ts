import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../root.ts";

describe("typing", () => {
  for (const [folder, known] of [
    ["inline", "inlineProvider.ts"],
    ["nextEdit", "controller.ts"],
  ] as const) {
    it(`never brings up a message, a question or a list (${folder})`, () => {
      const path = join(root, "extension", folder);
      const files = readdirSync(path).filter((file) => file.endsWith(".ts"));
      assert.ok(files.includes(known));
      const loud = /window\.(show\w*(Message|QuickPick|InputBox|Dialog)|withProgress|createWebviewPanel)/;
      assert.deepEqual(
        files.filter((file) => loud.test(readFileSync(join(path, file), "utf8"))),
        [],
      );
    });
  }
});
