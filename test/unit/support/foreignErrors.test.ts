import assert from "node:assert/strict";
import { isForeign, overlookForeignErrors } from "../../host/foreignErrors.ts";

const thrownIn = (file: string) => {
  const error = new Error("write EPIPE");
  error.stack = `Error: write EPIPE\n    at writeGeneric (node:net:1258:11)\n    at run (${file}:72:912)`;
  return error;
};

describe("errors of other extensions in the tests of the editor", () => {
  it("are told from those of Sterna and of its tests by the stack", () => {
    assert.ok(isForeign(thrownIn("/a/node_modules/code-server/lib/vscode/extensions/git/dist/main.js")));
    assert.ok(!isForeign(thrownIn("/home/me/.vscode/extensions.json/other.js")));
    assert.ok(!isForeign(thrownIn("/home/me/sterna/dist/extension.js")));
    assert.ok(!isForeign(thrownIn("/home/me/sterna/dist/test/host/inline.test.cjs")));
    assert.ok(!isForeign("no error"));
  });

  it("are overlooked, and all others reach mocha", () => {
    const reported: unknown[] = [];
    const runner = {
      _uncaught(error: unknown) {
        reported.push(error);
      },
    };
    const overlooked: unknown[] = [];
    overlookForeignErrors(runner, (error) => overlooked.push(error));
    const own = thrownIn("/home/me/sterna/dist/extension.js");
    const foreign = thrownIn("/a/vscode/extensions/git/dist/main.js");
    runner._uncaught(foreign);
    runner._uncaught(own);
    assert.deepEqual({ reported, overlooked }, { reported: [own], overlooked: [foreign] });
  });
});
