import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../root.ts";

describe("typing", () => {
  it("never brings up a message, a question or a list", () => {
    const folder = join(root, "extension/inline");
    const files = readdirSync(folder).filter((file) => file.endsWith(".ts"));
    assert.ok(files.includes("provider.ts"));
    const loud = /window\.(show\w*(Message|QuickPick|InputBox|Dialog)|withProgress|createWebviewPanel)/;
    assert.deepEqual(
      files.filter((file) => loud.test(readFileSync(join(folder, file), "utf8"))),
      [],
    );
  });
});
