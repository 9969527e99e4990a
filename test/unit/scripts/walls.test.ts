import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import path from "node:path";
import { violations } from "../../../scripts/lib/walls.mjs";
import { root } from "../root.ts";

describe("the walls between rooms", () => {
  const open: [file: string, text: string][] = [
    ["extension/main.ts", 'import * as vscode from "vscode";\nimport { status } from "../engine/protocol/status.ts";'],
    ["extension/chat/chatView.ts", 'import type { ToPage } from "../../webview/messages.ts";'],
    ["engine/main.ts", 'import { start } from "./process/start.ts";'],
    ["engine/completion/completionService.ts", 'import { loadAddon } from "../native.ts";'],
    ["webview/main.ts", 'import type { ToPage } from "./messages.ts";'],
    ["test/host/typing.test.ts", 'import * as vscode from "vscode";'],
    ["test/unit/process/connection.test.ts", 'import { serve } from "../../../engine/process/connection.ts";'],
    ["native/src/runtime/engine.cc", '#include <vector>\n#include "kernels/kernels.h"'],
    ["native/src/addon/addon.cc", '#include <napi.h>\n#include "runtime/engine.h"'],
  ];
  for (const [file, text] of open) {
    it(`let ${file} import what it may`, () => assert.deepEqual(violations(file, text), []));
  }

  const closed: [what: string, file: string, text: string, message: RegExp][] = [
    [
      "vscode in the engine",
      "engine/process/connection.ts",
      '\nimport * as vscode from "vscode";',
      /^engine\/process\/connection\.ts:2: .*"vscode"/,
    ],
    [
      "vscode in a unit test",
      "test/unit/a.test.ts",
      'import { Uri } from "vscode";',
      /tests must not import.*"vscode"/,
    ],
    ["vscode in the page", "webview/main.ts", 'import type { Uri } from "vscode";', /webview must not/],
    [
      "services in the extension",
      "extension/main.ts",
      'import { x } from "../engine/backend/scheduler.ts";',
      /scheduler\.ts/,
    ],
    ["the extension in the engine", "engine/main.ts", 'import { x } from "../extension/config.ts";', /config\.ts/],
    ["anything in the protocol", "engine/protocol/status.ts", 'import { x } from "../native.ts";', /protocol must not/],
    [
      "a service in the readers",
      "engine/models/a.ts",
      'export { x } from "../backend/scheduler.ts";',
      /models must not/,
    ],
    [
      "an import over several lines",
      "webview/main.ts",
      'import {\n  a,\n  b,\n} from "../engine/protocol/index.ts";',
      /:4:/,
    ],
    [
      "a dynamic import",
      "extension/a.ts",
      'const m = await import("../engine/process/connection.ts");',
      /connection\.ts/,
    ],
    ["require()", "engine/a.ts", `const vscode = require(${JSON.stringify("vscode")});`, /"vscode"/],
    ["a model in the kernels", "native/src/kernels/a.cc", '#include "model/pack.h"', /kernels must not include model/],
    ["JavaScript in the model", "native/src/model/a.h", "#include <napi.h>", /only the addon knows JavaScript/],
    ["the addon in the runtime", "native/src/runtime/a.cc", '#include "addon/convert.h"', /runtime must not/],
    ["a new room", "native/src/misc/a.cc", "", /no room "misc"/],
  ];
  for (const [what, file, text, message] of closed) {
    it(`refuse ${what}`, () => {
      const found = violations(file, text);
      assert.equal(found.length, 1, found.join("\n"));
      assert.match(found[0] ?? "", message);
    });
  }

  it("know every room of native/src", () => {
    for (const room of readdirSync(path.join(root, "native/src"))) {
      assert.deepEqual(violations(`native/src/${room}/a.cc`, ""), []);
    }
  });
});
