/**
 * Builds the prompts of all documents, each so that it appends to an earlier one of the same document where it can.
 */

import type { LoadedModel } from "../backend/loadedModel.ts";
import { promptBudget } from "../prompt/budget.ts";
import type { PromptChunk } from "../prompt/chunks.ts";
import type { CompletionPrompt, PromptMemory } from "../prompt/profile.ts";
import type { CursorContext } from "../text/cursor.ts";

/** Places of a document that are remembered: where one types, where one looked, and where one came from. */
const PLACES = 4;

type Near = (uri: string, context: CursorContext) => readonly PromptChunk[];

export class Prompts {
  readonly #near: Near;
  /** The latest place first. */
  readonly #memories = new Map<string, { model: LoadedModel; places: PromptMemory[] }>();

  /** @param near pieces of other files for a place, the newest last. */
  constructor(near: Near = () => []) {
    this.#near = near;
  }

  forget(uri: string): void {
    this.#memories.delete(uri);
  }

  build(uri: string, model: LoadedModel, context: CursorContext, maxTokens: number): CompletionPrompt {
    const kept = this.#memories.get(uri);
    const places = kept?.model === model ? kept.places : [];
    const place = places.find((memory) => model.completion.holds(context, memory));
    const budget = promptBudget(model.native.config.contextLength, maxTokens, model.speed.promptTokens);
    const prompt = model.completion.build(context, budget, place, () => this.#near(uri, context));
    const others = places.filter((memory) => memory !== place);
    this.#memories.set(uri, { model, places: [prompt.memory, ...others].slice(0, PLACES) });
    return prompt;
  }
}
