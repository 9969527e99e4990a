/**
 * Makes the hunks of a commit one after another, as if by hand, and asks after each which edit would be proposed next.
 * A right proposal is accepted and a wrong one dismissed, as a user would do.
 */
import { Dismissals } from "../../nextEdit/dismissals.ts";
import { EditHistory } from "../../nextEdit/history.ts";
import type { Proposal, SourceText } from "../../nextEdit/proposal.ts";
import { propose } from "../../nextEdit/propose.ts";
import type { Hunk } from "../git/unifiedDiff.ts";
import { type Step, TargetFile } from "./target.ts";

/** A file that the commit changes. */
export interface ChangedFile {
  path: string;
  /** The text in the parent. */
  text: string;
  hunks: readonly Hunk[];
}

export interface PlayOptions {
  files: readonly ChangedFile[];
  /** Files of the parent that contain a word, including those that the commit changes. */
  filesWith(word: string): Iterable<SourceText>;
  /** The order in which a file's hunks are made. */
  order(hunks: number): readonly number[];
  leastTrust?: number;
  onRated?(proposal: Proposal, features: Readonly<Record<string, number>>): void;
}

/** A proposal and whether it was right. */
export interface Shown {
  proposal: Proposal;
  isRight: boolean;
}

export interface Played {
  shown: Shown[];
  /** The counts of all hunks but the commit's first one. */
  hunks: Counts;
  /** The counts of those of them that replace lines with lines. */
  changingHunks: Counts;
  /** How long each search for a proposal took. */
  milliseconds: number[];
}

export interface Counts {
  all: number;
  /**
   * Hunks of which right proposals made at least a part, before their turn came; below, those that they made
   * completely.
   */
  helped: number;
  whole: number;
}

/** How many right proposals are accepted in a row after one edit by hand. */
const MOST_IN_A_ROW = 200;

export function playCommit(options: PlayOptions): Played {
  return new Play(options).run();
}

class Play {
  readonly #options: PlayOptions;
  readonly #targets: Map<string, TargetFile>;
  readonly #history = new EditHistory();
  readonly #dismissed = new Dismissals();
  /** The open files, the one edited last first. */
  #open: TargetFile[] = [];
  #now = 0;
  readonly #played: Played = {
    shown: [],
    hunks: { all: 0, helped: 0, whole: 0 },
    changingHunks: { all: 0, helped: 0, whole: 0 },
    milliseconds: [],
  };

  constructor(options: PlayOptions) {
    this.#options = options;
    this.#targets = new Map(options.files.map(({ path, text, hunks }) => [path, new TargetFile(path, text, hunks)]));
  }

  run(): Played {
    let isFirst = true;
    for (const target of this.#targets.values()) {
      this.#open = [target, ...this.#open.filter((other) => other !== target)];
      for (const index of this.#options.order(target.steps.length)) {
        const step = target.steps[index]!;
        if (!isFirst) this.#count(step);
        isFirst = false;
        if (!step.isDone) this.#type(target, step);
      }
    }
    return this.#played;
  }

  #count(step: Step): void {
    for (const counts of step.isChange ? [this.#played.hunks, this.#played.changingHunks] : [this.#played.hunks]) {
      counts.all++;
      if (step.hits > 0) counts.helped++;
      if (step.isDone) counts.whole++;
    }
  }

  #type(target: TargetFile, step: Step): void {
    const change = target.changeOf(step);
    this.#note(target, change.offset, change.length, change.text);
    target.apply(step);
    let cursor = change.offset + change.text.length;
    for (let count = 0; count < MOST_IN_A_ROW; count++) {
      const proposal = this.#propose(target, cursor);
      if (proposal === undefined) return;
      const { uri, start, end, text } = proposal;
      const place = this.#targets.get(uri);
      const isRight = place?.isOnTheWay(start, end, text) ?? false;
      this.#played.shown.push({ proposal, isRight });
      if (place === undefined || !isRight) {
        this.#dismissed.add(proposal);
        continue;
      }
      this.#note(place, start, end - start, text);
      place.accept(start, end, text);
      if (place === target) cursor = start + text.length;
    }
  }

  #note(target: TargetFile, offset: number, length: number, text: string): void {
    this.#history.change(target.uri, target.text, { offset, length, text }, this.#now++);
  }

  #propose(target: TargetFile, cursor: number): Proposal | undefined {
    const { filesWith, leastTrust, onRated } = this.#options;
    const isOpen = (uri: string) => this.#open.some((other) => other.uri === uri);
    const targets = this.#targets;
    const started = performance.now();
    const proposal = propose({
      edits: this.#history.edits((uri) => targets.get(uri)?.text),
      cursor,
      workspace: {
        current: target,
        open: this.#open.filter((other) => other !== target),
        *filesWith(word) {
          for (const file of filesWith(word)) if (!isOpen(file.uri)) yield targets.get(file.uri) ?? file;
        },
      },
      isDismissed: (proposal) => this.#dismissed.has(proposal),
      ...(leastTrust !== undefined && { leastTrust }),
      ...(onRated !== undefined && { onRated }),
    });
    this.#played.milliseconds.push(performance.now() - started);
    return proposal;
  }
}
