/**
 * The one way on which an answer becomes ghost text, whatever its source: cached, copied, or generated just now.
 */

import type { Piece } from "../backend/backend.ts";
import type { AnswerSource, CompleteResult } from "../protocol/completion.ts";
import type { CursorContext } from "../text/cursor.ts";
import type { CacheEntry, CompletionCache } from "./completionCache.ts";
import { type CompletionCall, silent } from "./completionCall.ts";
import { afterAcceptance, type CompletionSite } from "./completionSite.ts";
import type { Gate } from "./gate/gate.ts";
import type { GateHistory } from "./gate/history.ts";
import type { CompletionParts } from "./parts.ts";

/** A shorter copy is not worth looking at. */
const SHORTEST_COPY = 2;

export interface PresentableAnswer {
  /** The whole text, with what has been typed of it, or would be by the suggest widget. */
  readonly text: string;
  readonly pieces: readonly Piece[];
  /** Characters of it that are before the cursor already. */
  readonly typed: number;
  /** Characters after the cursor that are on the screen already. */
  readonly onScreen: number;
  readonly source: AnswerSource;
  /** How much of it may be shown. */
  readonly gate: Gate;
  /** Where it is cached; looked up where it is not known. */
  readonly entry?: CacheEntry;
}

export class Presenter {
  readonly #parts: CompletionParts;
  readonly #cache: CompletionCache;
  readonly #history: GateHistory;
  readonly #textsFor: (uri: string, context: CursorContext) => readonly string[];
  readonly #onShown: (uri: string, next: CursorContext) => void;

  /** @param onShown is called with the place after a suggestion that is shown. */
  constructor(
    parts: CompletionParts,
    cache: CompletionCache,
    history: GateHistory,
    textsFor: (uri: string, context: CursorContext) => readonly string[],
    onShown: (uri: string, next: CursorContext) => void,
  ) {
    this.#parts = parts;
    this.#cache = cache;
    this.#history = history;
    this.#textsFor = textsFor;
    this.#onShown = onShown;
  }

  /** The best of the cached answers that fit a place, or the reason of a cached silence; undefined for neither. */
  presentCached(call: CompletionCall, site: CompletionSite, gate: Gate): CompleteResult | undefined {
    let silence: CompleteResult | undefined;
    for (const hit of this.#cache.lookUp(site.uri, site.contextWithWidget)) {
      if (hit.kind === "silence") {
        silence ??= silent(call, hit.reason);
        continue;
      }
      const { entry, typed, onScreen } = hit;
      const source = hit.isOnScreen ? "typed-through" : "cache";
      const { pieces } = entry.value;
      const result = this.present(call, site, { text: entry.text, pieces, typed, onScreen, source, gate, entry });
      if (result.kind === "shown") return result;
      if (result.reason === "unsure" && hit.isSameSite) silence ??= result;
    }
    return silence;
  }

  /**
   * Whether the answer that is remembered for a place, as far as it may be shown, goes another way than the item that is
   * selected in the suggest widget. The user has not chosen that item; the editor has.
   */
  isAgainstWidget({ uri, context, widgetText }: CompletionSite, gate: Gate): boolean {
    if (widgetText === "") return false;
    const hit = this.#cache.lookUp(uri, context).find(({ kind }) => kind === "text");
    if (hit?.kind !== "text") return false;
    const { entry, typed, onScreen } = hit;
    const { pieces } = entry.value;
    const end = gate({ text: entry.text, pieces, typed, onScreen, source: "model", context });
    const own = entry.text.slice(typed, end);
    return own.trim() !== "" && !own.startsWith(widgetText) && !widgetText.startsWith(own);
  }

  present(call: CompletionCall, site: CompletionSite, answer: PresentableAnswer): CompleteResult {
    const { uri, context, contextWithWidget, widgetText } = site;
    const { pieces, typed, onScreen, source, gate } = answer;
    const kind = source === "copy" ? "copy" : "model";
    const sure = gate({ text: answer.text, pieces, typed, onScreen, source: kind, context: contextWithWidget });
    // What is on the screen stays while it is typed, whatever a gate says of it now.
    const text = answer.text.slice(typed, onScreen > 0 ? Math.max(sure, typed + onScreen) : sure);
    if (text.trim().length < (source === "copy" ? SHORTEST_COPY : 1)) return silent(call, "unsure");
    const isCached = source === "cache" || source === "typed-through";
    const isAutomatic = call.params.trigger === "automatic";
    if ((isAutomatic || source === "copy") && this.#cache.isRefused(uri, contextWithWidget, text)) {
      return silent(call, "refused");
    }
    if (source === "copy") {
      const verdict = this.#parts.judge(text, contextWithWidget);
      if (verdict.kind === "drop") return silent(call, verdict.reason);
      // No more is cached than is shown: after what is typed, a new search finds more than this one did.
      this.#cache.add(uri, context, widgetText + text, pieces);
    }
    const others = () => this.#textsFor(uri, contextWithWidget);
    const whole = answer.text.slice(typed);
    const inScope = text.slice(0, this.#parts.lengthInScope(text, contextWithWidget, others, whole));
    if (inScope.trim() === "") return silent(call, "out-of-scope");
    const verdict = this.#parts.fit(inScope, contextWithWidget, whole);
    if (verdict.kind === "drop") return silent(call, verdict.reason);
    const { suggestion } = verdict;
    const entry = isCached ? answer.entry : this.#entryOf(site, text, source);
    this.#cache.show(uri, context, call.params.offset, widgetText + suggestion.text, entry);
    this.#history.shown(uri, context.prefix, widgetText + suggestion.text, text);
    const timings = call.watch.timings();
    this.#onShown(uri, afterAcceptance(contextWithWidget, text, suggestion.replaceLength));
    return { kind: "shown", source, ...suggestion, text: widgetText + suggestion.text, timings };
  }

  #entryOf({ uri, context, contextWithWidget, widgetText }: CompletionSite, text: string, source: AnswerSource) {
    return source === "copy"
      ? this.#cache.entryOf(uri, context, widgetText + text)
      : this.#cache.entryOf(uri, contextWithWidget, text);
  }
}
