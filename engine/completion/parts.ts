/**
 * The exchangeable parts of the way from an answer to ghost text. The product uses {@link ALL_PARTS}; measurements replace
 * one of them to find out what it contributes.
 */
import type { Backend } from "../backend/backend.ts";
import type { CursorContext } from "../text/cursor.ts";
import { type Copy, copyFor } from "./copies.ts";
import type { Verdict } from "./filters/filter.ts";
import { afterCache, beforeCache } from "./filters/index.ts";
import type { Gate } from "./gate/gate.ts";
import type { Shape } from "./lineOrBlock.ts";
import { lengthInScope } from "./scope.ts";
import { stopAt } from "./stops/index.ts";

export interface CompletionParts {
  /** Whether a text is worth caching at all. */
  readonly judge: (text: string, context: CursorContext) => Verdict;
  /** Fits a text to the place where it is to be shown, knowing the answer before the gate cut it. */
  readonly fit: (text: string, context: CursorContext, whole?: string) => Verdict;
  /** Length of the beginning of a text that names nothing out of scope, knowing the answer before the gate cut it. */
  readonly lengthInScope: (
    text: string,
    context: CursorContext,
    others: () => readonly string[],
    whole?: string,
  ) => number;
  /** Where a text that is being written should have ended; undefined while it may go on. */
  readonly stopAt: (text: string, context: CursorContext, shape: Shape) => number | undefined;
  /** The gate for answers that nobody asked for by hand. Undefined means the one of the mode. */
  readonly gate: Gate | undefined;
  /** The rest of a line as it was written elsewhere. */
  readonly copyFor: (context: CursorContext, others: Iterable<string>) => Copy | undefined;
  /** Whether a backend's probabilities are interpolated with the n-gram cache of the open texts. */
  readonly usesNgramCache: (backend: Backend) => boolean;
  /** Whether chunks of other files go into prompts and may be copied from. */
  readonly usesOtherFiles: boolean;
}

export const ALL_PARTS: CompletionParts = {
  judge: beforeCache,
  fit: afterCache,
  lengthInScope,
  stopAt,
  gate: undefined,
  copyFor,
  usesNgramCache: ({ capabilities }) => capabilities.ngramCache,
  usesOtherFiles: true,
};
