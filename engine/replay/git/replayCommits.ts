/**
 * Plays the sessions of commits: as they are, with an oracle that accepts what is right, and once more without
 * accepting anything, to try other gates on the same answers.
 */
import type { Clock } from "../../clock.ts";
import type { CompletionService } from "../../completion/completionService.ts";
import type { Gate } from "../../completion/gate.ts";
import { Documents } from "../../repository/openDocuments.ts";
import { CandidateRecorder, type RecordedCandidate } from "../candidates.ts";
import { stepsOf } from "../future.ts";
import { type Completer, type Played, type PlayOptions, play } from "../player.ts";
import { addTo, emptyTally, type Tally } from "../quality.ts";
import { RecordedAnswers } from "../recordedAnswers.ts";
import type { EditScript } from "../script.ts";

export interface CommitReplay {
  clock: Clock;
  /** A service with nothing in its caches. */
  service(documents: Documents, gate: Gate | undefined, onGenerated: OnGenerated): CompletionService;
  /** Of every suggestion of at least so many characters that has stood there for so long, those that are right. */
  acceptFrom: number;
  reactionMs: number;
  /** Gates to be tried on the recorded answers. */
  gates: readonly Gate[];
  /** Told of every answer, gate or not, and what came next there; for training. */
  onCandidate?(candidate: RecordedCandidate, future: string): void;
}

type OnGenerated = Parameters<PlayOptions["completion"]>[0];

export interface CommitFigures {
  sessions: number;
  /** By the service's own gate. */
  own: Tally;
  /** By the gates that were tried, in their order. */
  tried: Tally[];
}

export function emptyFigures({ gates }: Pick<CommitReplay, "gates">): CommitFigures {
  return { sessions: 0, own: emptyTally(), tried: gates.map(emptyTally) };
}

/** Plays one session, and adds it to the figures. */
export async function replaySession(script: EditScript, replay: CommitReplay, figures: CommitFigures): Promise<void> {
  figures.sessions++;
  const base = {
    acceptFrom: replay.acceptFrom,
    reactionMs: replay.reactionMs,
    seed: 1,
    limit: Number.MAX_SAFE_INTEGER,
  };
  const playOn = (clock: Clock, documents: Documents, accept: number, completion: PlayOptions["completion"]) =>
    play(script, { ...base, clock, documents, accept, completion, inStep: true });
  const documents = new Documents();
  const own = await playOn(replay.clock, documents, 1, (onGenerated) =>
    replay.service(documents, undefined, onGenerated),
  );
  throwIfFailed(own);
  addTo(figures.own, own);
  if (replay.gates.length === 0) return;
  const recorder = new CandidateRecorder();
  const steps = stepsOf(script);
  const typed = new Documents();
  const recorded = await playOn(replay.clock, typed, 0, (onGenerated) =>
    recording(replay.service(typed, recorder.gate, onGenerated), recorder, typed),
  );
  throwIfFailed(recorded);
  if (replay.onCandidate !== undefined) {
    for (const [event, candidates] of recorder.events) {
      const future = steps[event]?.future;
      for (const candidate of candidates) if (future !== undefined) replay.onCandidate(candidate, future);
    }
  }
  for (const [index, gate] of replay.gates.entries()) {
    const tally = figures.tried[index] ?? emptyTally();
    addTo(tally, await playOn(NO_CLOCK, new Documents(), 1, () => new RecordedAnswers(recorder.events, gate)));
  }
}

/** A clock by which no time passes. */
const NO_CLOCK: Clock = { now: () => 0, wait: async () => true };

function recording(service: CompletionService, recorder: CandidateRecorder, documents: Documents): Completer {
  return {
    moved: (place) => service.moved(place),
    edited: (change) => service.edited(change),
    complete(params, signal, event) {
      recorder.begin(event, params, documents);
      return service.complete(params, signal);
    },
  };
}

function throwIfFailed({ rows }: Played): void {
  const failed = rows.find((row) => row.reason === "failed");
  if (failed !== undefined) throw new Error(`the engine failed at event ${failed.event}: ${failed.detail ?? ""}`);
}
