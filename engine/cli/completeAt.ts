import type { Backend } from "../backend/backend.ts";
import { Scheduler } from "../backend/scheduler.ts";
import { realClock } from "../clock.ts";
import { CompletionService } from "../completion/completionService.ts";
import type { RepositoryView } from "../native.ts";
import { type PartName, partsWithout } from "../replay/withoutParts.ts";
import { Documents } from "../repository/openDocuments.ts";
import { languageIdOfPath } from "../text/languages.ts";

export interface CompleteAtOptions {
  maxTokens: number;
  /** Parts of the product that are left out. */
  without: readonly PartName[];
  /** What is known of the repository's other files. Default nothing. */
  repository?: RepositoryView;
}

/**
 * What the editor would show at an offset of a document that is the only open one; undefined where that is nothing.
 *
 * @throws Error when the engine fails.
 */
export async function completeAt(
  backend: Backend,
  { path, text }: { path: string; text: string },
  offset: number,
  { maxTokens, without, repository }: CompleteAtOptions,
): Promise<{ text: string; replaceLength: number } | undefined> {
  const uri = `file:///${path}`;
  const documents = new Documents();
  documents.open({ uri, path, languageId: languageIdOfPath(path), version: 1, text });
  const service = new CompletionService({
    documents,
    scheduler: new Scheduler(),
    clock: realClock,
    backend: () => ({ kind: "ready", backend }),
    settings: () => ({ maxTokens, debounceMs: 0, warming: false }),
    ...(repository && { repository: () => repository }),
    parts: partsWithout(without),
  });
  const asked = { uri, version: 1, offset, trigger: "automatic" } as const;
  const result = await service.complete(asked, new AbortController().signal);
  if (result.kind === "silent" && result.reason === "failed") {
    throw new Error(`the engine failed in ${path}: ${result.detail ?? ""}`);
  }
  return result.kind === "shown" ? result : undefined;
}
