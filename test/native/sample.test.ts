/** The file that newcomers type into first: its suggestion must be worth a Tab, however fast they type. */
import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { calibrate } from "../../engine/backend/calibration.ts";
import { LocalBackend } from "../../engine/backend/localBackend.ts";
import { Scheduler } from "../../engine/backend/scheduler.ts";
import { realClock } from "../../engine/clock.ts";
import { CompletionService } from "../../engine/completion/completionService.ts";
import { resolvePack } from "../../engine/models/store.ts";
import { loadAddon, type NativeModel } from "../../engine/native.ts";
import { Documents } from "../../engine/repository/openDocuments.ts";
import { SAMPLE } from "../../extension/walkthrough/sample.ts";
import { root } from "../unit/root.ts";

const REST = "item.price * item.quantity";

describe("the first file", function () {
  this.timeout(60_000);
  let folder: string;
  let native: NativeModel;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "sterna-sample-"));
    const pack = await resolvePack(join(root, "models", "sterna-builtin.gguf"), folder);
    native = await loadAddon(root).loadModel(pack, { head: "int8" });
  });
  after(async () => {
    await native?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("is the sample project's, without what is typed", () => {
    const text = readFileSync(join(root, "test/fixtures/sample/src/start.ts"), "utf8");
    assert.equal(`${SAMPLE.before.trimEnd()}\n${SAMPLE.after}`, text);
  });

  for (const typed of ["sum", "sum +=", "sum += "]) {
    it(`gets the rest of the line behind "${typed}"`, async () => {
      const backend = new LocalBackend({ name: "built-in", native, speed: await calibrate(native) });
      const documents = new Documents();
      const [uri, languageId] = ["file:///sample/src/start.ts", SAMPLE.language];
      const before = SAMPLE.before + typed;
      documents.open({ uri, path: "src/start.ts", languageId, version: 1, text: before + SAMPLE.after });
      const service = new CompletionService({
        documents,
        scheduler: new Scheduler(),
        clock: realClock,
        backend: () => ({ kind: "ready", backend }),
        settings: () => ({ maxTokens: 32, debounceMs: 0 }),
      });
      const place = { uri, version: 1, offset: before.length };
      const result = await service.complete({ ...place, trigger: "automatic" }, new AbortController().signal);
      const text = result.kind === "shown" ? result.text : result.reason;
      assert.ok((typed + text).startsWith(`sum += ${REST}`), text);
    });
  }
});
