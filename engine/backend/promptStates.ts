/**
 * Builds the completion prompts of documents so that each appends to an earlier one of the same document if possible.
 */
import { promptBudget } from "../prompt/budget.ts";
import type { CompletionProfile, CompletionPrompt, PromptState } from "../prompt/profile.ts";
import type { PromptOwner, PromptPlace } from "./backend.ts";

/** How many prompts of a document are kept, one for each place, because the cursor often returns to where it was. */
const PLACES = 4;

export class PromptStates {
  readonly #profile: CompletionProfile;
  /** The states of a document, the one used last first. They are freed together with the document's owner. */
  readonly #states = new WeakMap<PromptOwner, PromptState[]>();

  constructor(profile: CompletionProfile) {
    this.#profile = profile;
  }

  /**
   * Builds the prompt for a place, and remembers it.
   *
   * @param affordable how many tokens of a prompt the machine computes in an acceptable time.
   */
  build(place: PromptPlace, contextTokens: number, affordable: number): CompletionPrompt {
    const { owner, context, maxTokens, relatedChunks } = place;
    const known = this.#states.get(owner) ?? [];
    const state = known.find((candidate) => this.#profile.canExtend(context, candidate));
    const budget = promptBudget(contextTokens, maxTokens, affordable);
    const prompt = this.#profile.build(context, budget, state, relatedChunks);
    const others = known.filter((other) => other !== state);
    this.#states.set(owner, [prompt.state, ...others].slice(0, PLACES));
    return prompt;
  }
}
