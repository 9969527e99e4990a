/**
 * What `activate` returns: for tests and for curious extensions. Read-only.
 */
import type { AnswerSource, CompletionTimings } from "../engine/protocol/completion.ts";
import type { ConversationView } from "../engine/protocol/conversations.ts";
import type { Status } from "../engine/protocol/status.ts";
import type { Silence } from "./inline/silenceSentences.ts";

export interface SternaApi {
  /** Resolves when a model is loaded for the first time; rejects with the line of the status item if that fails. */
  readonly ready: Promise<void>;
  status(): Status;
  /** Of the last request that the model worked on, shown or not. */
  lastTimings(): CompletionTimings | undefined;
  /** The last suggestion given, if the last request that was not overtaken gave one. */
  lastShown(): { uri: string; text: string; source: AnswerSource } | undefined;
  /** Why the last request ended in silence; undefined when it gave a suggestion. Cancelled requests count. */
  lastSilence(): Silence | undefined;
  /** Since activation: suggestions given, suggestions accepted, and silences by reason. */
  counts(): { shown: number; accepted: number; silent: Partial<Record<Silence, number>> };
  /** Process id of the engine, while it lives. */
  enginePid(): number | undefined;
  /** Whether a change waits to be accepted or rejected. */
  proposal(): "none" | "writing" | "ready";
  /** The conversation that the chat shows; undefined while there is no engine. */
  conversation(): Promise<ConversationView | undefined>;
}
