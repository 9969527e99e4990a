/** A chat with a small model of Bonsai's kind by its own template, from the file on the disk to the text. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ChatRequest } from "../../engine/backend/backend.ts";
import { PrefillSpeed } from "../../engine/backend/calibration.ts";
import { LocalBackend } from "../../engine/backend/localBackend.ts";
import { ModelKeys } from "../../engine/models/modelKeys.ts";
import { openModel } from "../../engine/models/openModel.ts";
import { resolvePack } from "../../engine/models/store.ts";
import { loadAddon } from "../../engine/native.ts";
import { root } from "../unit/root.ts";
import { writeSpeakingModel } from "./speakingModel.ts";

const SAYINGS = {
  answer: ["It adds", " two", " numbers."],
  thoughts: ["\nWhat does ", "it do?", " It adds.\n"],
  code: ["let sum", " = a + b;", "\n```"],
};

describe("a model of Bonsai's kind", function () {
  this.timeout(60_000);
  let folder: string;
  let backend: LocalBackend;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "sterna-speaking-"));
    const file = join(folder, "speaking.gguf");
    writeSpeakingModel(file, SAYINGS);
    const source = await openModel(file);
    const chatTemplate = new ModelKeys(source).text("tokenizer.chat_template") ?? "";
    await source.close();
    const native = await loadAddon(root).loadModel(await resolvePack(file, folder), {
      threads: 1,
      contextLength: 4096,
    });
    const speed = new PrefillSpeed(200);
    backend = new LocalBackend({ name: "speaking", native, speed, chatTemplate, architecture: "qwen3" });
  });
  after(async () => {
    await backend?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function said(changes: Partial<ChatRequest> = {}): Promise<{ text: string; thoughts: string; reason: string }> {
    let thoughts = "";
    const { done } = backend.chat({
      messages: [{ role: "user", content: "What does this do?\n\nlet sum = a + b;\n" }],
      opening: "",
      isContinued: false,
      maxTokens: 64,
      stop: ["\n```"],
      isCode: false,
      onThought: (piece) => {
        thoughts += piece;
      },
      ...changes,
    })();
    const { text, reason } = await done;
    return { text, thoughts, reason };
  }

  it("answers at once with thinking off", async () => {
    assert.deepEqual(await said(), { text: "It adds two numbers.", thoughts: "", reason: "end" });
  });

  it("thinks first with thinking on, apart from its answer", async () => {
    const thoughts = "What does it do? It adds.\n";
    assert.deepEqual(await said({ isThinking: true }), { text: "It adds two numbers.", thoughts, reason: "end" });
  });

  it("writes on where an answer has begun with a fence", async () => {
    const opening = "```javascript\n";
    assert.deepEqual(await said({ opening, isCode: true }), { text: "let sum = a + b;", thoughts: "", reason: "end" });
  });
});
