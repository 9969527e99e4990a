/** What `activate` returns, for tests and for other extensions. Read-only. */
import type { AnswerSource, CompletionTimings } from "../engine/protocol/completion.ts";
import { type ConversationView, chatOpen } from "../engine/protocol/conversations.ts";
import type { NextEdit } from "../engine/protocol/nextEdit.ts";
import type { Status } from "../engine/protocol/status.ts";
import type { Silence } from "./inline/silenceSentences.ts";
import type { Services } from "./services.ts";

export interface SternaApi {
  /** Resolves when a model is loaded for the first time; rejects with the status item's sentence if that fails. */
  readonly ready: Promise<void>;
  status(): Status;
  /** The timings of the last request that the model worked on, whether it was shown or not. */
  lastTimings(): CompletionTimings | undefined;
  /** The last suggestion, if the last request that was not cancelled gave one. */
  lastShown(): { uri: string; text: string; source: AnswerSource } | undefined;
  /** Why the last request ended in silence; undefined when it gave a suggestion. Cancelled requests count. */
  lastSilence(): Silence | undefined;
  /** Since activation: suggestions given, suggestions accepted, and silences by reason. */
  counts(): { shown: number; accepted: number; silent: Partial<Record<Silence, number>> };
  /** Process id of the engine, while it lives. */
  enginePid(): number | undefined;
  /** Whether a change is being written, or waits to be accepted or rejected. */
  proposal(): "none" | "writing" | "ready";
  /** The next edit that is shown, and whether the cursor is on its line. */
  nextEdit(): { state: "none" | "elsewhere" | "here"; edit: NextEdit | undefined };
  /** The conversation that the chat shows; undefined while there is no engine. */
  conversation(): Promise<ConversationView | undefined>;
}

/** Must be called before the engine starts. */
export function createApi({ engine, history, proposals, chat, nextEdits }: Services): SternaApi {
  const ready = new Promise<void>((resolve, reject) => {
    engine.listen({
      onStatus: ({ state, detail }) => {
        if (state === "ready") resolve();
        else if (state === "failed") reject(new Error(detail));
      },
    });
  });
  // A failure concerns only those who await the promise; for all others it must not be an unhandled error.
  ready.catch(() => {});
  return {
    ready,
    status: () => engine.status,
    lastTimings: () => history.lastTimings,
    lastShown: () => history.lastShown,
    lastSilence: () => history.lastSilence,
    counts: () => structuredClone(history.counts),
    enginePid: () => engine.pid,
    proposal: () => proposals.state,
    nextEdit: () => ({ state: nextEdits.state, edit: nextEdits.current }),
    conversation: async () => {
      const id = chat.relay.conversation?.id;
      return id === undefined ? undefined : await engine.request(chatOpen, { id });
    },
  };
}
