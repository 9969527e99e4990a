/** Sums up a replay of edits in figures. */
import type { Counts, Played } from "./play.ts";

export interface EditsSummary {
  commits: number;
  shown: number;
  right: number;
  /** The share of proposals that were right, in percent. */
  precision: number;
  /**
   * Of the hunks that replace lines with lines, without the first hunk of each commit: the share that right proposals
   * made at least in part, in percent.
   */
  recall: number;
  /** The share of the same hunks that right proposals made completely, in percent. */
  recallWhole: number;
  /** The same as recall, of all hunks but the first of each commit. */
  recallOfAll: number;
  /** The number of the hunks of which recall is a share. */
  changingHunks: number;
  kinds: KindSummary[];
  milliseconds: { p50: number; p99: number; max: number };
}

export interface KindSummary {
  kind: string;
  scope: string;
  shown: number;
  right: number;
}

export function summariseEdits(played: readonly Played[]): EditsSummary {
  const shown = played.flatMap((commit) => commit.shown);
  const right = shown.filter(({ isRight }) => isRight).length;
  const changing = sum(played.map(({ changingHunks }) => changingHunks));
  const all = sum(played.map(({ hunks }) => hunks));
  const times = played.flatMap(({ milliseconds }) => milliseconds).sort((one, other) => one - other);
  return {
    commits: played.length,
    shown: shown.length,
    right,
    precision: percent(right, shown.length),
    recall: percent(changing.helped, changing.all),
    recallWhole: percent(changing.whole, changing.all),
    recallOfAll: percent(all.helped, all.all),
    changingHunks: changing.all,
    kinds: kindsOf(played),
    milliseconds: { p50: quantile(times, 0.5), p99: quantile(times, 0.99), max: quantile(times, 1) },
  };
}

function sum(counts: readonly Counts[]): Counts {
  const total = { all: 0, helped: 0, whole: 0 };
  for (const { all, helped, whole } of counts) {
    total.all += all;
    total.helped += helped;
    total.whole += whole;
  }
  return total;
}

/** The figures by kind and scope of the proposals, the most frequent first. */
function kindsOf(played: readonly Played[]): KindSummary[] {
  const kinds = new Map<string, KindSummary>();
  for (const { proposal, isRight } of played.flatMap(({ shown }) => shown)) {
    const key = `${proposal.kind} ${proposal.scope}`;
    const row = kinds.get(key) ?? { kind: proposal.kind, scope: proposal.scope, shown: 0, right: 0 };
    row.shown++;
    if (isRight) row.right++;
    kinds.set(key, row);
  }
  return [...kinds.values()].sort((one, other) => other.shown - one.shown);
}

export function percent(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.round((1000 * part) / whole) / 10;
}

function quantile(sorted: readonly number[], share: number): number {
  const value = sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return Math.round(value * 100) / 100;
}

/** The figures as text for people. */
export function editsReport(summary: EditsSummary): string {
  const { milliseconds: time } = summary;
  const lines = [
    `commits         ${summary.commits}`,
    `proposals       ${summary.shown}, right ${summary.right}: precision ${summary.precision} %`,
    `changing hunks  ${summary.changingHunks} after the first of their commit`,
    `recall          ${summary.recall} % of them were helped with, ${summary.recallWhole} % made whole`,
    `recall of all   ${summary.recallOfAll} % of all hunks after the first`,
    `milliseconds    p50 ${time.p50}  p99 ${time.p99}  max ${time.max}`,
    "",
    "kind            where       right / shown",
    ...summary.kinds.map(
      ({ kind, scope, shown, right }) =>
        `${kind.padEnd(16)}${scope.padEnd(12)}${String(right).padStart(5)} / ${String(shown).padEnd(6)}${percent(right, shown)} %`,
    ),
  ];
  return `${lines.join("\n")}\n`;
}
