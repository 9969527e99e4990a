/** Activation in an editor that lacks parts of VS Code's API. The API is a stand-in that has everything else. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundleOf } from "./bundle.ts";

/** A value that can be called, constructed and read without limit. */
function anything(): unknown {
  const children = new Map<PropertyKey, unknown>();
  // A `function`, because arrow functions cannot be constructed.
  return new Proxy(function value() {}, {
    get: (_, key) => {
      if (key === "then") return undefined;
      if (key === Symbol.toPrimitive) return () => "";
      if (!children.has(key)) children.set(key, anything());
      return children.get(key);
    },
    set: () => true,
    apply: () => anything(),
    construct: () => ({ event: () => ({ dispose() {} }), fire() {}, dispose() {} }),
  });
}

/** @param parts parts of the API with their values; undefined ones are missing. */
function fakeApi(parts: Record<string, unknown>): unknown {
  const rest = anything() as Record<PropertyKey, unknown>;
  return new Proxy(parts, { get: (_, key) => (key in parts ? parts[key as string] : rest[key]) });
}

describe("activation", () => {
  let code = "";
  const storage = mkdtempSync(join(tmpdir(), "sterna-activation-"));
  before(async function () {
    this.timeout(60_000);
    code = await bundleOf("extension/main.ts");
  });
  after(() => rmSync(storage, { recursive: true, force: true }));

  /**
   * @param missing the missing parts of the API. @returns names of the registered commands, and the errors in the log.
   */
  async function activate(missing: Record<string, undefined>): Promise<{ commands: string[]; errors: string[] }> {
    const commands: string[] = [];
    const errors: string[] = [];
    const api = fakeApi({
      ...missing,
      commands: {
        registerCommand: (name: string) => {
          commands.push(name);
          return { dispose() {} };
        },
        executeCommand: async () => undefined,
      },
      window: fakeApi({
        createOutputChannel: () => ({
          info() {},
          debug() {},
          error: (line: string) => errors.push(line),
          dispose() {},
        }),
        activeTextEditor: undefined,
      }),
      workspace: fakeApi({ workspaceFile: undefined, workspaceFolders: undefined, textDocuments: [] }),
    });
    // A bundle copies its modules' own properties, so the stand-in must have those that the code uses.
    const used = new Set([...code.matchAll(/\bvscode\d*\.(\w+)/g)].map(([, name = ""]) => name));
    const own = Object.fromEntries([...used].map((name) => [name, (api as Record<string, unknown>)[name]]));
    const require = createRequire(import.meta.url);
    const module = { exports: {} as { activate(context: unknown): unknown; deactivate(): Promise<void> | undefined } };
    new Function("require", "module", "exports", code)(
      (name: string) => (name === "vscode" ? own : require(name)),
      module,
      module.exports,
    );
    const uri = { fsPath: storage };
    module.exports.activate({
      subscriptions: [],
      extension: { packageJSON: { version: "0" } },
      extensionPath: storage,
      globalStorageUri: uri,
      logUri: uri,
      secrets: { onDidChange: () => ({ dispose() {} }), get: async () => undefined },
      globalState: { get: (_: string, fallback: unknown) => fallback, update: async () => {} },
      workspaceState: { get: (_: string, fallback: unknown) => fallback, update: async () => {} },
      asAbsolutePath: (path: string) => join(storage, path),
    });
    await module.exports.deactivate();
    return { commands, errors };
  }

  it("registers everything where the API is whole", async () => {
    const { commands, errors } = await activate({});
    assert.deepEqual(errors, []);
    assert.ok(commands.includes("sterna.explain") && commands.includes("sterna.restart"), commands.join());
  });

  it("goes on without language models and chat, and says in the log what is missing", async () => {
    const whole = await activate({});
    const { commands, errors } = await activate({ lm: undefined, chat: undefined });
    assert.deepEqual(commands, whole.commands);
    assert.equal(errors.length, 2, errors.join("\n"));
    assert.match(errors.join("\n"), /no support for: language model.*\n.*no support for: @sterna/);
  });
});
