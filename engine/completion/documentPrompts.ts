/**
 * Builds the prompts of all documents, each so that it appends to an earlier one of the same document where it can.
 */

import type { LoadedModel } from "../backend/loadedModel.ts";
import { promptBudget } from "../prompt/budget.ts";
import type { PromptChunk } from "../prompt/chunks.ts";
import type { CompletionPrompt, PromptState } from "../prompt/profile.ts";
import type { CursorContext } from "../text/cursor.ts";

/** Places of a document that are remembered: where one types, where one looked, and where one came from. */
const PLACES = 4;

type RelatedChunks = (uri: string, context: CursorContext) => readonly PromptChunk[];

export class DocumentPrompts {
  readonly #relatedChunks: RelatedChunks;
  /** The latest place first. */
  readonly #states = new Map<string, { model: LoadedModel; places: PromptState[] }>();

  /** @param relatedChunks pieces of other files for a place, the newest last. */
  constructor(relatedChunks: RelatedChunks = () => []) {
    this.#relatedChunks = relatedChunks;
  }

  forget(uri: string): void {
    this.#states.delete(uri);
  }

  build(uri: string, model: LoadedModel, context: CursorContext, maxTokens: number): CompletionPrompt {
    const kept = this.#states.get(uri);
    const places = kept?.model === model ? kept.places : [];
    const place = places.find((state) => model.completion.canExtend(context, state));
    const budget = promptBudget(model.native.config.contextLength, maxTokens, model.speed.promptTokens);
    const prompt = model.completion.build(context, budget, place, () => this.#relatedChunks(uri, context));
    const others = places.filter((state) => state !== place);
    this.#states.set(uri, { model, places: [prompt.state, ...others].slice(0, PLACES) });
    return prompt;
  }
}
