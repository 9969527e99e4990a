/** What the built-in model suggests in documents that a test makes up. */
import { join } from "node:path";
import { calibrate } from "../../engine/backend/calibration.ts";
import { LocalBackend } from "../../engine/backend/localBackend.ts";
import { Scheduler } from "../../engine/backend/scheduler.ts";
import { realClock } from "../../engine/clock.ts";
import { CompletionService } from "../../engine/completion/completionService.ts";
import { resolvePack } from "../../engine/models/store.ts";
import { loadAddon, type NativeModel } from "../../engine/native.ts";
import type { CompleteParams, CompleteResult } from "../../engine/protocol/completion.ts";
import { Documents } from "../../engine/repository/openDocuments.ts";
import { languageIdOfPath } from "../../engine/text/languages.ts";
import { temporaryFolder } from "../unit/models/folder.ts";
import { root } from "../unit/root.ts";

interface TestDocument {
  path: string;
  text: string;
}

type Suggest = (
  document: TestDocument,
  offset: number,
  options?: { trigger?: CompleteParams["trigger"]; beside?: TestDocument | undefined },
) => Promise<CompleteResult>;

/** Loads the model for the tests of a `describe`, inside which it must be called. `beside` is open, too. */
export function withBuiltinSuggestions(): Suggest {
  let native: NativeModel;
  // Before the folder goes, because the model is mapped from it.
  after(() => native?.close());
  const folder = temporaryFolder();
  before(async () => {
    const pack = await resolvePack(join(root, "models", "sterna-builtin.gguf"), folder.path("packs"));
    native = await loadAddon(root).loadModel(pack, { head: "int8" });
  });
  return async (document, offset, { trigger = "automatic", beside } = {}) => {
    const backend = new LocalBackend({ name: "built-in", native, speed: await calibrate(native) });
    const documents = new Documents();
    const uriOf = ({ path }: TestDocument) => `file:///${path}`;
    for (const opened of beside === undefined ? [document] : [beside, document]) {
      const { path, text } = opened;
      documents.open({ uri: uriOf(opened), path, languageId: languageIdOfPath(path), version: 1, text });
    }
    const service = new CompletionService({
      documents,
      scheduler: new Scheduler(),
      clock: realClock,
      backend: () => ({ kind: "ready", backend }),
      settings: () => ({ maxTokens: 32, debounceMs: 0 }),
    });
    return service.complete({ uri: uriOf(document), version: 1, offset, trigger }, new AbortController().signal);
  };
}
