/** What the completion service needs of the rest of the engine. */
import type { BackendChoice, CompletionAnswer } from "../backend/backend.ts";
import type { Scheduler } from "../backend/scheduler.ts";
import type { Clock } from "../clock.ts";
import type { RepositoryView } from "../native.ts";
import type { Acceptance, CompleteParams } from "../protocol/completion.ts";
import type { CursorPosition } from "../protocol/documents.ts";
import type { EngineSettings } from "../protocol/settings.ts";
import type { Documents } from "../repository/openDocuments.ts";
import type { CompletionParts } from "./parts.ts";

/** The engine's settings (`protocol/settings.ts`) that completions need; the optional ones have defaults. */
export type CompletionSettings = Pick<EngineSettings, "maxTokens" | "debounceMs"> &
  Partial<EngineSettings> & {
    /** Whether to compute prompts, and what follows a suggestion, in advance. Default true. */
    warming?: boolean;
  };

export interface CompletionDependencies {
  documents: Documents;
  scheduler: Scheduler;
  clock: Clock;
  /** The backend, or the reason why there is none. */
  backend(): BackendChoice;
  settings(): CompletionSettings;
  /** Whether the machine runs on battery. Default false. */
  onBattery?(): boolean;
  /** The repository's text for a completion in a document; undefined when there is none. Default: none. */
  repository?(uri: string, languageId: string): RepositoryView | undefined;
  /** Replacements for the product's own parts. */
  parts?: Partial<CompletionParts>;
  /** Called for every suggestion that was accepted, completely or in part. */
  onAccepted?(acceptance: Acceptance): void;
  /** Called when VS Code's suggest widget would wait too long for the answer of a request, which goes on. */
  onLate?(place: CursorPosition): void;
  /** Called with what the backend has computed for a request, whether or not its answer is shown. */
  onGenerated?(params: CompleteParams, answer: CompletionAnswer): void;
}
