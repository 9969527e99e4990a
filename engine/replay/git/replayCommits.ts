/**
 * Plays the sessions of commits. First every right suggestion is accepted, as if the user knew. Then the session is
 * played once more without accepting anything, to record the answers on which other gates are tried.
 */
import type { Clock } from "../../clock.ts";
import type { CompletionService } from "../../completion/completionService.ts";
import type { Gate } from "../../completion/gate/gate.ts";
import { Documents } from "../../repository/openDocuments.ts";
import { CandidateRecorder, type RecordedCandidate } from "../candidates.ts";
import { stepsOf } from "../future.ts";
import { type Completer, type Played, type PlayOptions, play } from "../player.ts";
import { addTo, emptyTally, type Tally } from "../quality.ts";
import { RecordedAnswers } from "../recordedAnswers.ts";
import type { EditScript } from "../script.ts";

export interface CommitReplay {
  clock: Clock;
  /** A service with empty caches. */
  service(documents: Documents, gate: Gate | undefined, onGenerated: OnGenerated): CompletionService;
  /**
   * A right suggestion is accepted if it has at least this many characters and, below, was visible for at least so many
   * milliseconds.
   */
  acceptFrom: number;
  reactionMs: number;
  /** Gates that decide in a session of their own; undefined means the service's own gate. */
  played: readonly (Gate | undefined)[];
  /** Gates that are tried on the recorded answers. */
  gates: readonly Gate[];
  /** Called with every answer, shown or not, and the text that came next; used for training. */
  onCandidate?(candidate: RecordedCandidate, future: string): void;
}

type OnGenerated = Parameters<PlayOptions["completion"]>[0];

export interface CommitFigures {
  sessions: number;
  /** The figures of the gates that decided themselves, in their order. */
  played: Tally[];
  /** The figures of the gates that were tried, in their order. */
  tried: Tally[];
}

export function emptyFigures({ played, gates }: Pick<CommitReplay, "played" | "gates">): CommitFigures {
  return { sessions: 0, played: played.map(emptyTally), tried: gates.map(emptyTally) };
}

/** Plays one session and adds it to the figures. */
export async function replaySession(script: EditScript, replay: CommitReplay, figures: CommitFigures): Promise<void> {
  figures.sessions++;
  for (const [index, gate] of replay.played.entries()) {
    addTo(figures.played[index] ?? emptyTally(), await playThrough(script, replay, 1, gate));
  }
  if (replay.gates.length === 0 && replay.onCandidate === undefined) return;
  const recorder = new CandidateRecorder();
  await playThrough(script, replay, 0, recorder.gate, recorder);
  if (replay.onCandidate !== undefined) {
    const steps = stepsOf(script);
    for (const [event, candidates] of recorder.events) {
      const future = steps[event]?.future;
      for (const candidate of candidates) if (future !== undefined) replay.onCandidate(candidate, future);
    }
  }
  for (const [index, gate] of replay.gates.entries()) {
    const options = { ...optionsOf(replay, 1), clock: NO_CLOCK, documents: new Documents() };
    const tried = await play(script, { ...options, completion: () => new RecordedAnswers(recorder.events, gate) });
    addTo(figures.tried[index] ?? emptyTally(), tried);
  }
}

/** Plays a session with the service. */
async function playThrough(
  script: EditScript,
  replay: CommitReplay,
  accept: number,
  gate: Gate | undefined,
  recorder?: CandidateRecorder,
): Promise<Played> {
  const documents = new Documents();
  const played = await play(script, {
    ...optionsOf(replay, accept),
    documents,
    completion: (onGenerated) => {
      const service = replay.service(documents, gate, onGenerated);
      return recorder === undefined ? service : recording(service, recorder, documents);
    },
  });
  const failed = played.rows.find((row) => row.reason === "failed");
  if (failed !== undefined) throw new Error(`the engine failed at event ${failed.event}: ${failed.detail ?? ""}`);
  return played;
}

function optionsOf({ clock, acceptFrom, reactionMs }: CommitReplay, accept: number) {
  return { clock, acceptFrom, reactionMs, accept, seed: 1, limit: Number.MAX_SAFE_INTEGER, inStep: true };
}

/** A clock in which no time passes. */
const NO_CLOCK: Clock = { now: () => 0, wait: async () => true };

function recording(service: CompletionService, recorder: CandidateRecorder, documents: Documents): Completer {
  return {
    cursorMoved: (place) => service.cursorMoved(place),
    edited: (change) => service.edited(change),
    complete(params, signal, event) {
      recorder.begin(event, params, documents);
      return service.complete(params, signal);
    },
  };
}
