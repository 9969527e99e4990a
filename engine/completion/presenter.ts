/** Turns an answer into ghost text. Every answer is shown through here: cached, copied, or generated just now. */

import type { Piece } from "../backend/backend.ts";
import type { AnswerSource, CompleteResult } from "../protocol/completion.ts";
import type { CursorContext } from "../text/cursor.ts";
import type { CacheEntry, CompletionCache } from "./completionCache.ts";
import { type CompletionCall, silent } from "./completionCall.ts";
import { afterAcceptance, type CompletionSite, type SiteKey, siteKeyOf } from "./completionSite.ts";
import type { Gate } from "./gate/gate.ts";
import type { GateHistory } from "./gate/history.ts";
import { isListFirst, listOpensWhen } from "./listFirst.ts";
import type { CompletionParts } from "./parts.ts";

/** A copy is shown if it has at least this many characters. */
const SHORTEST_COPY = 2;

export interface PresentableAnswer {
  /** The whole text. It begins with what has been typed of it already and with what the suggest widget would insert. */
  readonly text: string;
  readonly pieces: readonly Piece[];
  /** Characters of it that are before the cursor already. */
  readonly typed: number;
  /** How many characters of it are on the screen as ghost text and not typed yet; 0 if it is not on the screen. */
  readonly onScreen: number;
  readonly source: AnswerSource;
  /** Decides how much of it may be shown. */
  readonly gate: Gate;
  /** The entry in which it is cached; looked up when it is not given. */
  readonly entry?: CacheEntry;
}

export class Presenter {
  readonly #parts: CompletionParts;
  readonly #cache: CompletionCache;
  readonly #history: GateHistory;
  readonly #textsFor: (uri: string, context: CursorContext) => readonly string[];
  readonly #onShown: (uri: string, next: CursorContext) => void;
  /**
   * The site and the source of the suggestion that was last held back for the suggest widget. When it is shown at
   * last, it comes out of the cache, but this source is reported.
   */
  #held: (SiteKey & { source: AnswerSource }) | undefined;

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
      if (result.kind === "shown" || result.reason === "list-first") return result;
      if (result.reason === "unsure" && hit.isSameSite) silence ??= result;
    }
    return silence;
  }

  /**
   * Whether the cached answer for a place, as far as the gate lets it through, contradicts the item that is selected in
   * the suggest widget. VS Code selects an item by itself, so the selection is not what the user has chosen.
   */
  contradictsWidgetItem({ uri, context, widgetText }: CompletionSite, gate: Gate): boolean {
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
    const gateEnd = gate({ text: answer.text, pieces, typed, onScreen, source: kind, context: contextWithWidget });
    // What is on the screen stays while it is typed, even if the gate would now cut it.
    const text = answer.text.slice(typed, onScreen > 0 ? Math.max(gateEnd, typed + onScreen) : gateEnd);
    if (text.trim().length < (source === "copy" ? SHORTEST_COPY : 1)) return silent(call, "unsure");
    const isCached = source === "cache" || source === "typed-through";
    const isAutomatic = call.params.trigger === "automatic";
    if ((isAutomatic || source === "copy") && this.#cache.isRefused(uri, contextWithWidget, text)) {
      return silent(call, "refused");
    }
    if (source === "copy") {
      const verdict = this.#parts.judge(text, contextWithWidget);
      if (verdict.kind === "drop") return silent(call, verdict.reason);
      // Only the shown part is cached. Once the user has typed on, a new search has more context and finds a better copy
      // than the tail of this one.
      this.#cache.add(uri, context, widgetText + text, pieces);
    }
    const others = () => this.#textsFor(uri, contextWithWidget);
    const whole = answer.text.slice(typed);
    const inScope = text.slice(0, this.#parts.lengthInScope(text, contextWithWidget, others, whole));
    if (inScope.trim() === "") return silent(call, "out-of-scope");
    const verdict = this.#parts.fit(inScope, contextWithWidget, whole);
    if (verdict.kind === "drop") return silent(call, verdict.reason);
    const { suggestion } = verdict;
    const { listWaitsIn = [], isAfterList, widgetItem } = call.params;
    const mayWait = isAutomatic && isAfterList !== true && widgetItem === undefined;
    if (mayWait && isListFirst({ context, text: suggestion.text, onScreen, listWaitsIn })) {
      this.#held = { ...siteKeyOf(uri, context), source };
      return silent(call, "list-first");
    }
    const entry = isCached ? answer.entry : this.#entryOf(site, text, source);
    this.#cache.show(uri, context, call.params.offset, widgetText + suggestion.text, entry);
    this.#history.recordShown(uri, context.prefix, widgetText + suggestion.text, text);
    const timings = call.watch.timings();
    this.#onShown(uri, afterAcceptance(contextWithWidget, text, suggestion.replaceLength));
    const heldSource = isAfterList ? this.#sourceOfHeld(siteKeyOf(uri, context)) : undefined;
    const shown = { ...suggestion, text: widgetText + suggestion.text };
    const opensList = isAutomatic ? listOpensWhen({ context, text: shown.text, listWaitsIn }) : undefined;
    return { kind: "shown", source: heldSource ?? source, ...shown, timings, ...(opensList && { opensList }) };
  }

  #sourceOfHeld(place: SiteKey): AnswerSource | undefined {
    const held = this.#held;
    const isSame = held?.uri === place.uri && held.prefix === place.prefix && held.suffix === place.suffix;
    return isSame ? held.source : undefined;
  }

  #entryOf({ uri, context, contextWithWidget, widgetText }: CompletionSite, text: string, source: AnswerSource) {
    return source === "copy"
      ? this.#cache.entryOf(uri, context, widgetText + text)
      : this.#cache.entryOf(uri, contextWithWidget, text);
  }
}
