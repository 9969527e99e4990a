/**
 * Counts, by day, the outcomes of suggestions. The counts stay on this machine. Plain data in and out; the panel shows
 * them.
 */
import type { AnswerSource, SilenceReason } from "../../engine/protocol/completion.ts";

export interface Day {
  /** YYYY-MM-DD in local time. */
  date: string;
  shown: number;
  /** Accepted completely or in part. */
  accepted: number;
  acceptedCharacters: number;
  /** Acceptances that were checked after {@link SURVIVAL_MS}; below, those whose text was still there. */
  checked: number;
  survived: number;
  /** Requests without a suggestion, by reason; those that were cancelled, or whose answer comes later, are left out. */
  silences: Record<string, number>;
  /** Answers by milliseconds: one column for each of {@link BOUNDS_MS}, and one for slower answers. */
  cached: number[];
  model: number[];
}

export const SURVIVAL_MS = 30_000;
/** Upper ends of the columns, in milliseconds. */
export const BOUNDS_MS = [5, 10, 20, 50, 100, 200, 500, 1000] as const;
const COLUMNS = BOUNDS_MS.length + 1;
const DAYS = 30;

export class Statistics {
  /** In order; the last day is the latest. */
  readonly #days: Day[];
  readonly #today: () => string;
  readonly #onChange: () => void;

  /**
   * Counts from what was stored on.
   *
   * @param stored what {@link days} was at the end of an earlier session; anything else is ignored.
   * @param today gives the date, YYYY-MM-DD.
   * @param onChange called after every change.
   */
  constructor(stored: unknown, today: () => string, onChange: () => void = () => {}) {
    this.#days = Array.isArray(stored) ? stored.flatMap((day: unknown) => parseDay(day) ?? []).slice(-DAYS) : [];
    this.#today = today;
    this.#onChange = onChange;
  }

  get days(): readonly Day[] {
    return this.#days;
  }

  recordShown(source: AnswerSource, totalMs: number): void {
    const day = this.#day();
    // A suggestion that stays on the screen while its text is typed counts once.
    if (source !== "typed-through") day.shown++;
    const columns = source === "model" ? day.model : day.cached;
    const found = BOUNDS_MS.findIndex((bound) => totalMs <= bound);
    const column = found === -1 ? COLUMNS - 1 : found;
    columns[column] = (columns[column] ?? 0) + 1;
    this.#onChange();
  }

  silent(reason: SilenceReason): void {
    // A suggestion that was held back for the suggest widget may still be shown; that answer is counted.
    if (reason === "cancelled" || reason === "list-first") {
      return;
    }
    const { silences } = this.#day();
    silences[reason] = (silences[reason] ?? 0) + 1;
    this.#onChange();
  }

  accepted(characters: number): void {
    const day = this.#day();
    day.accepted++;
    day.acceptedCharacters += characters;
    this.#onChange();
  }

  checked(survived: boolean): void {
    const day = this.#day();
    day.checked++;
    if (survived) day.survived++;
    this.#onChange();
  }

  #day(): Day {
    const date = this.#today();
    const latest = this.#days.at(-1);
    if (latest?.date === date) {
      return latest;
    }
    const day = emptyDay(date);
    this.#days.push(day);
    if (this.#days.length > DAYS) this.#days.shift();
    return day;
  }
}

export function emptyDay(date: string): Day {
  const columns = () => Array<number>(COLUMNS).fill(0);
  const [cached, model] = [columns(), columns()];
  return {
    date,
    shown: 0,
    accepted: 0,
    acceptedCharacters: 0,
    checked: 0,
    survived: 0,
    silences: {},
    cached,
    model,
  };
}

/** All days together; the date is the first one's. */
export function total(days: readonly Day[]): Day {
  const sum = emptyDay(days[0]?.date ?? "");
  for (const day of days) {
    for (const key of ["shown", "accepted", "acceptedCharacters", "checked", "survived"] as const) sum[key] += day[key];
    for (const key of ["cached", "model"] as const) {
      sum[key] = sum[key].map((count, column) => count + (day[key][column] ?? 0));
    }
    for (const [reason, count] of Object.entries(day.silences)) {
      sum.silences[reason] = (sum.silences[reason] ?? 0) + count;
    }
  }
  return sum;
}

/**
 * Whether an accepted text is still there, near where it was inserted.
 *
 * @param offset where it was inserted; text before it may have been added or removed since.
 */
export function hasSurvived(text: string, offset: number, document: string): boolean {
  const around = document.slice(Math.max(0, offset - REACH), offset + text.length + REACH);
  return text.trim() !== "" && around.replaceAll("\r\n", "\n").includes(text.trim().replaceAll("\r\n", "\n"));
}

/** Characters by which a text may have moved. */
const REACH = 2000;

function parseDay(value: unknown): Day | undefined {
  if (typeof value !== "object" || value === null) {
    return undefined;
  }
  const stored = value as Record<string, unknown>;
  if (typeof stored.date !== "string" || !/^\d{4}-\d\d-\d\d$/.test(stored.date)) {
    return undefined;
  }
  const day = emptyDay(stored.date);
  for (const key of ["shown", "accepted", "acceptedCharacters", "checked", "survived"] as const) {
    day[key] = count(stored[key]);
  }
  for (const key of ["cached", "model"] as const) {
    // Earlier versions called cached answers "remembered".
    const kept = stored[key] ?? (key === "cached" ? stored.remembered : undefined);
    const columns: unknown[] = Array.isArray(kept) ? kept : [];
    day[key] = day[key].map((_, column) => count(columns[column]));
  }
  for (const [reason, times] of Object.entries(stored.silences ?? {})) day.silences[reason] = count(times);
  return day;
}

function count(value: unknown): number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : 0;
}
