/** Whatever else runs, is cancelled, pauses or has been evicted, a request gets what a fresh engine would give it. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { resolvePack } from "../../engine/models/store.ts";
import { parseShape, synthesise } from "../../engine/models/synth.ts";
import {
  type GenerateRequest,
  type GenerateResult,
  GREEDY,
  loadAddon,
  type NativeModel,
  type NativeNgramIndex,
  Priority,
  type RepositoryView,
} from "../../engine/native.ts";
import { Random } from "../../engine/replay/random.ts";
import { root } from "../unit/root.ts";

const SCHEDULES = 1000;
/**
 * Schedules are tried until everything has happened often enough, which depends on times, because drafts do; at most so
 * many.
 */
const MOST_SCHEDULES = 4000;
const CONTEXT = 224;
const addon = loadAddon(root);

describe("1,000 random schedules", function () {
  this.timeout(600_000);
  let folder: string;
  let fresh: NativeModel;
  let busy: NativeModel;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "sterna-schedules-"));
    const gguf = join(folder, "tiny.gguf");
    await synthesise(gguf, { shape: parseShape("128x2x4x2x128"), type: "I2_S", seed: 5 });
    const pack = await resolvePack(gguf, folder, addon.preferredLayouts());
    fresh = await addon.loadModel(pack, { threads: 1, contextLength: CONTEXT });
    // The smallest cache: a single context. Everything is evicted again and again.
    busy = await addon.loadModel(pack, { threads: 2, contextLength: CONTEXT, cacheMegabytes: 1 });
  });

  after(async () => {
    await fresh?.close();
    await busy?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it("give every request the tokens, the text, the probabilities and the logits of a fresh engine", async () => {
    const random = new Random(1);
    const requests = await expected(fresh, random);
    const seen = { cached: 0, accepted: 0, rejected: 0, cancelled: 0, most: 0 };
    const hasSeenAll = () =>
      seen.cached > 50_000 && seen.accepted > 1000 && seen.rejected > 1000 && seen.cancelled > 50 && seen.most === 1;
    for (let schedule = 0; schedule < SCHEDULES || (!hasSeenAll() && schedule < MOST_SCHEDULES); schedule++) {
      const running = Array.from({ length: 1 + below(random, 5) }, async (_, i) => {
        await sleep(below(random, 3) * i);
        const { request, result: want } = pick(random, requests);
        const hint = below(random, 3) === 0 ? { draft: disturbed(want.tokens, random) } : {};
        const changes = { ...hint, drafts: below(random, 4) > 0, priority: pick(random, PRIORITIES) };
        const texts: string[] = [];
        const generation = busy.generate({ ...request, ...changes }, (text) => texts.push(text));
        if (below(random, 4) === 0) setTimeout(() => generation.cancel(), below(random, 6));
        if (below(random, 40) === 0) busy.clearCache();
        const result = await generation.done;
        const context = `schedule ${schedule}: ${JSON.stringify({ ...request, ...changes })}`;
        check(result, want, context);
        assert.equal(texts.join(""), result.text, context);
        seen.cached += result.cachedTokens;
        seen.accepted += result.acceptedTokens;
        seen.rejected += result.draftedTokens - result.acceptedTokens;
        seen.cancelled += result.reason === "cancelled" ? 1 : 0;
      });
      await Promise.all(running);
      const { kvBytes, kvBudgetBytes } = busy.memory;
      assert.ok(kvBytes <= kvBudgetBytes, `${kvBytes} of ${kvBudgetBytes}`);
      seen.most = Math.max(seen.most, kvBytes / kvBudgetBytes);
    }
    assert.ok(hasSeenAll(), JSON.stringify(seen));
  });

  it("give the same with a repository's index that changes between them and while they run", async () => {
    const random = new Random(2);
    const plain = (await expected(fresh, random)).filter(({ request }) => request.maxTokens > 0).slice(0, REQUESTS);
    const states = statesOf(fresh, plain, random);
    /** What each request gives from an index that never held anything else. */
    const wanted: Expected[][] = [];
    for (const text of states) {
      const index = addon.createNgramIndex(1 << 24);
      await index.set(CHANGING, text);
      wanted.push(await withIndex(fresh, plain, viewOf(index)));
    }
    const differing = plain.filter((_, i) => new Set(wanted.map((all) => all[i]?.result.text)).size > 1);
    assert.ok(differing.length > REQUESTS / 4, `the index says something: ${differing.length}`);

    const index = addon.createNgramIndex(1 << 24);
    const view = viewOf(index);
    const seen = { cached: 0, cancelled: 0 };
    for (let schedule = 0; schedule < SCHEDULES; schedule++) {
      const state = below(random, states.length);
      if (below(random, 5) === 0) await index.remove(CHANGING.path);
      await index.set(CHANGING, states[state] ?? "");
      if (below(random, 10) === 0) await index.compact();
      const running = Array.from({ length: 1 + below(random, 4) }, async () => {
        const { request, result: want } = pick(random, wanted[state] ?? []);
        const hint = below(random, 3) === 0 ? { draft: disturbed(want.tokens, random) } : {};
        const changes = { ...hint, drafts: below(random, 4) > 0, priority: pick(random, PRIORITIES), repository: view };
        const generation = busy.generate({ ...request, ...changes });
        if (below(random, 6) === 0) setTimeout(() => generation.cancel(), below(random, 6));
        const result = await generation.done;
        check(result, want, `schedule ${schedule}, state ${state}: ${JSON.stringify(request)}`);
        seen.cached += result.cachedTokens;
        seen.cancelled += result.reason === "cancelled" ? 1 : 0;
      });
      // While they run, the index becomes another: what has begun goes on with what it saw first.
      const changed = index.set(CHANGING, pick(random, states));
      if (below(random, 20) === 0) busy.clearCache();
      await Promise.all([...running, changed]);
    }
    assert.ok(seen.cached > 10_000 && seen.cancelled > 20, JSON.stringify(seen));
  });
});

const REQUESTS = 40;
const STATES = 5;
const CHANGING = { path: "/w/changing.ts", family: 1 };

function viewOf(index: NativeNgramIndex): RepositoryView {
  return { index, path: "/w/open.ts", family: 1, hidden: [], weights: [1, 1, 1, 1] };
}

/** Texts of a file: each goes on in other ways where the requests' prompts end. */
function statesOf(model: NativeModel, requests: readonly Expected[], random: Random): string[] {
  return Array.from({ length: STATES }, () =>
    requests
      .map(({ request }) =>
        model.tokenizer.decode(Uint32Array.of(...request.tokens.slice(-20), ...tokensOf(random, 12))),
      )
      .flatMap((text) => Array.from({ length: 4 }, () => text))
      .join("\n"),
  );
}

/** The same requests with an index, undisturbed. */
async function withIndex(
  model: NativeModel,
  all: readonly Expected[],
  repository: RepositoryView,
): Promise<Expected[]> {
  const results: Expected[] = [];
  for (const { request: plain } of all) {
    const request = { ...plain, ngramTexts: plain.ngramTexts ?? [model.tokenizer.decode(plain.tokens)] };
    model.clearCache();
    results.push({ request, result: await model.generate({ ...request, repository }).done });
  }
  return results;
}

const PRIORITIES = Object.values(Priority);

interface Expected {
  request: GenerateRequest;
  result: GenerateResult;
}

/** Requests over texts that branch off each other, and their results when nothing else runs. */
async function expected(model: NativeModel, random: Random): Promise<Expected[]> {
  const texts: Uint32Array[] = [tokensOf(random, 60)];
  const all: Expected[] = [];
  for (let i = 0; i < 150; i++) {
    const from = pick(random, texts);
    const kept = from.subarray(0, 1 + below(random, from.length));
    const text = Uint32Array.of(...kept, ...tokensOf(random, below(random, CONTEXT - kept.length)));
    const sampled = below(random, 2) === 0;
    const request: GenerateRequest = {
      tokens: text,
      maxTokens: below(random, 8) === 0 ? 0 : 1 + below(random, 40),
      sampling: {
        ...GREEDY,
        temperature: sampled ? 0.3 + below(random, 3) / 2 : 0,
        topK: pick(random, [0, 3, 20]),
        repetitionPenalty: pick(random, [1, 1, 1.3]),
        seed: below(random, 1000),
      },
      stop: below(random, 4) === 0 ? [pick(random, ["e", "\n", "an", " t"])] : [],
      stopTokens: below(random, 4) === 0 ? tokensOf(random, 20) : new Uint32Array(),
      forcedPrefix: pick(random, ["", "", "", "re", "  x"]),
      ...(below(random, 3) === 0 && {
        ngramTexts: [model.tokenizer.decode(text), model.tokenizer.decode(tokensOf(random, 200))],
      }),
      ratedTokens: pick(random, [0, 0, 1, 5, 40]),
      minConfidence: pick(random, [0, 0, 0.01]),
      priority: Priority.chat,
      activations: below(random, 12) === 0 ? "float" : "int8",
      drafts: false,
      keepLogits: true,
    };
    model.clearCache();
    const result = await model.generate(request).done;
    all.push({ request, result });
    // The next prompts continue where texts have ended, as in a chat and after an accepted suggestion.
    const whole = Uint32Array.of(...text, ...result.tokens);
    texts.push(whole.length < CONTEXT ? whole : text);
  }
  return all;
}

function check(result: GenerateResult, want: GenerateResult, context: string): void {
  if (result.reason === "cancelled") {
    assert.deepEqual(result.tokens, want.tokens.subarray(0, result.tokens.length), context);
    const { probabilities: rated, logits } = result;
    assert.deepEqual(rated, want.probabilities.subarray(0, rated.length), context);
    assert.ok(sameBits(logits, want.logits.subarray(0, logits.length)), context);
    return;
  }
  const { tokens, text, reason, probabilities } = result;
  const { tokens: t, text: s, reason: r, probabilities: p } = want;
  assert.deepEqual(
    { tokens, text, reason, probabilities },
    { tokens: t, text: s, reason: r, probabilities: p },
    context,
  );
  assert.ok(sameBits(result.logits, want.logits), context);
}

function sameBits(one: Float32Array, other: Float32Array): boolean {
  const bytes = (numbers: Float32Array) => Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  return bytes(one).equals(bytes(other));
}

function below(random: Random, n: number): number {
  return random.between(0, n - 1);
}

function pick<T>(random: Random, values: readonly T[]): T {
  return values[below(random, values.length)] as T;
}

/** Only a few different tokens, so that texts repeat themselves. */
function tokensOf(random: Random, length: number): Uint32Array {
  return Uint32Array.from({ length }, () => 40 + below(random, below(random, 2) === 0 ? 3 : 200));
}

/** The right tokens up to some place, and a wrong one there. */
function disturbed(tokens: Uint32Array, random: Random): Uint32Array {
  const draft = tokens.slice();
  const at = below(random, draft.length + 1);
  if (at < draft.length) draft[at] = 40;
  return draft;
}
