/** The commands with a real model: what they compute, not what they say. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { PrefillSpeed } from "../../engine/backend/calibration.ts";
import { LocalBackend } from "../../engine/backend/localBackend.ts";
import { Scheduler } from "../../engine/backend/scheduler.ts";
import { Answerer } from "../../engine/chat/answer.ts";
import { Tasks } from "../../engine/chat/taskService.ts";
import { resolvePack } from "../../engine/models/store.ts";
import { type GenerateResult, loadAddon, type NativeModel } from "../../engine/native.ts";
import { bitnetChat } from "../../engine/prompt/chatTemplate.ts";
import type { CodeContext, EditTask } from "../../engine/protocol/tasks.ts";
import { temporaryFolder } from "../unit/models/folder.ts";
import { root } from "../unit/root.ts";

const never = new AbortController().signal;

describe("commands on the same file", function () {
  this.timeout(60_000);
  const folder = temporaryFolder();
  let native: NativeModel;
  let code: CodeContext;
  const results: GenerateResult[] = [];

  before(async () => {
    native = await loadAddon(root).loadModel(
      await resolvePack(join(root, "models", "sterna-builtin.gguf"), folder.path("storage")),
    );
    const text = await readFile(join(root, "test/fixtures/sample/src/format.ts"), "utf8");
    // A short file, because the built-in model's context is much shorter than a chat model's.
    const selection = { start: 0, end: 4 };
    code = {
      path: "src/format.ts",
      languageId: "typescript",
      text,
      selection,
      symbols: [],
      indent: 2,
    };
  });
  after(() => native?.close());

  /** The built-in model was trained without turns, but a prompt with turns costs the same. */
  function answerer(): Answerer {
    const speed = Object.assign(new PrefillSpeed(1e6), { observe: (result: GenerateResult) => results.push(result) });
    const backend = new LocalBackend({ name: "built-in", native, speed, chat: bitnetChat(native.tokenizer) });
    return new Answerer({ scheduler: new Scheduler(), backend: () => ({ kind: "ready", backend }) });
  }

  async function run(task: EditTask, instruction: string): Promise<GenerateResult> {
    const tasks = new Tasks(answerer());
    await tasks.run({ task, code, instruction }, () => {}, never);
    const result = results.at(-1);
    assert.ok(result);
    return result;
  }

  it("compute at most a quarter of the first one's prompt, whichever comes second", async () => {
    const first = await run("refactor", "");
    assert.equal(first.cachedTokens, 0);
    for (const [task, instruction] of [
      ["edit", "round up"],
      ["document", ""],
    ] as const) {
      const { prefilledTokens } = await run(task, instruction);
      const share = prefilledTokens / first.prefilledTokens;
      assert.ok(share <= 0.25, `${task}: ${prefilledTokens} of ${first.prefilledTokens} tokens`);
    }
  });

  it("compute nothing but the instruction when they were expected", async () => {
    native.clearCache();
    const tasks = new Tasks(answerer());
    await tasks.expect(code, never);
    const { cachedTokens, promptTokens } = await run("edit", "round up");
    assert.ok(cachedTokens > promptTokens * 0.75, `${cachedTokens} of ${promptTokens}`);
  });
});
