import assert from "node:assert/strict";
import type {
  Backend,
  CompletionAnswer,
  CompletionRequest,
  EndReason,
  Piece,
} from "../../../engine/backend/backend.ts";
import { Scheduler } from "../../../engine/backend/scheduler.ts";
import { CompletionCache } from "../../../engine/completion/completionCache.ts";
import type { CompletionSite } from "../../../engine/completion/completionSite.ts";
import { type Gate, OPEN_GATE } from "../../../engine/completion/gate/gate.ts";
import { ALL_PARTS } from "../../../engine/completion/parts.ts";
import { RequestQueue, type RequestSettings } from "../../../engine/completion/requestQueue.ts";
import type { CompleteParams } from "../../../engine/protocol/completion.ts";
import { ManualClock } from "../support/manualClock.ts";
import { contextAt } from "../support/marked.ts";
import { turn } from "../support/until.ts";

const URI = "file:///a.ts";
const SHOW_ALL: RequestSettings = { gate: OPEN_GATE, minimumConfidence: 0 };
const never = new AbortController().signal;

/** A site at ^, with the text that the suggestion list would add. */
function site(marked: string, widgetText = ""): CompletionSite {
  const context = contextAt(marked);
  return {
    uri: URI,
    context,
    widgetText,
    contextWithWidget: { ...context, prefix: context.prefix + widgetText },
  };
}

function setup({ usesNgramCache = false } = {}) {
  const clock = new ManualClock();
  const cache = new CompletionCache();
  const asked: CompletionRequest[] = [];
  const generated: number[] = [];
  let say = (_: string) => {};
  let end = (_: EndReason, __: readonly Piece[]) => {};
  const cancelled: number[] = [];
  const backend = {
    complete: (request: CompletionRequest) => {
      const index = asked.push(request) - 1;
      return (onText = (_: string) => {}) => {
        let text = "";
        say = (piece) => {
          text += piece;
          onText(piece);
        };
        return {
          cancel: () => {
            cancelled.push(index);
            end("cancelled", []);
          },
          done: new Promise<CompletionAnswer>((resolve) => {
            end = (reason, pieces) => resolve({ text, reason, pieces, healedTokens: 0, decodedTokens: 99 } as never);
          }),
        };
      };
    },
  } as unknown as Backend;
  const queue = new RequestQueue({
    scheduler: new Scheduler(),
    clock,
    placeOf: (_, context) => ({ owner: {}, context, maxTokens: 24, relatedChunks: () => [] }),
    cache,
    parts: { ...ALL_PARTS, usesNgramCache: () => usesNgramCache },
    textsFor: () => ["another text"],
    repositoryFor: () => "the repository" as never,
    onGenerated: (_, { decodedTokens }) => generated.push(decodedTokens),
  });
  const ask = (at: CompletionSite, settings = SHOW_ALL, trigger: CompleteParams["trigger"] = "automatic") =>
    queue.ask({ uri: URI, version: 1, offset: 0, trigger }, at, backend, settings, false);
  /** The model says a text, one piece per word, and ends. */
  const answer = (text: string, reason: EndReason = "end", probability = 1) => {
    say(text);
    end(
      reason,
      [...text.matchAll(/\s*\S+/g)].map((word) => ({ end: word.index + word[0].length, probability })),
    );
  };
  return { queue, clock, cache, backend, asked, generated, cancelled, ask, answer, say: (text: string) => say(text) };
}

describe("how long an answer takes", () => {
  it("is what earlier ones took, less what a running request has taken already", async () => {
    const { queue, clock, ask, answer } = setup();
    assert.equal(queue.responseMs, 0, "not known yet");
    const first = ask(site("let a = ^"));
    await clock.pass(300);
    answer("compute(b);");
    await first.answer;
    assert.equal(queue.responseMs, 300);
    const second = ask(site("let b = ^"));
    await clock.pass(100);
    assert.deepEqual([queue.responseMs, queue.remainingMs(second)], [300, 200]);
    await clock.pass(400);
    assert.equal(queue.remainingMs(second), -200);
  });
});

describe("a request asks for", () => {
  const wanted: [what: string, marked: string, settings: RequestSettings, shape: string][] = [
    ["the rest of a line", "let a = ^", SHOW_ALL, "line"],
    ["a block behind what opens one", "if (a) {^\n}", SHOW_ALL, "block"],
    ["a line there too where nothing else is wanted", "if (a) {^\n}", { ...SHOW_ALL, oneLine: true }, "line"],
  ];
  for (const [what, marked, settings, shape] of wanted) {
    it(what, () => {
      const { ask, asked } = setup();
      ask(site(marked), settings);
      assert.equal(asked[0]?.shape, shape);
    });
  }

  it("other texts and the repository only where the model has an n-gram cache", () => {
    for (const usesNgramCache of [false, true]) {
      const { ask, asked } = setup({ usesNgramCache });
      ask(site("let a = ^"));
      assert.deepEqual(
        [asked[0]?.ngramTexts?.().includes("another text"), asked[0]?.repository],
        usesNgramCache ? [true, "the repository"] : [undefined, undefined],
      );
    }
  });

  it("what an earlier answer goes on with, which comes faster where it comes again", async () => {
    const { ask, asked, answer } = setup();
    const first = ask(site("let a = ^"));
    answer("compute(b);");
    await first.answer;
    ask(site("let a = com^"));
    assert.equal(asked[1]?.expected, "pute(b);");
  });

  it("the text behind what the suggestion list would add", async () => {
    const { ask, asked, answer } = setup();
    const { answer: given } = ask(site("list.^", "push"));
    answer("(1);");
    assert.equal(asked[0]?.context.prefix, "list.push");
    const end = await given;
    assert.deepEqual(end.kind === "text" && [end.text, end.pieces.map((piece) => piece.end)], ["push(1);", [8]]);
  });
});

describe("an answer", () => {
  const half: Gate = ({ text, typed, pieces }) => ((pieces[0]?.probability ?? 0) < 0.5 ? typed : text.length);
  const rows: [what: string, said: string, reason: EndReason, probability: number, expected: unknown][] = [
    ["is a text", "f(1);", "end", 1, { kind: "text", text: "f(1);" }],
    ["ends at a carriage return", "f(1);\rrest", "end", 1, { kind: "text", text: "f(1);" }],
    ["of nothing is a silence", "", "end", 1, { kind: "silence", reason: "model-silent" }],
    ["that the model gave up is a silence of another name", "", "unsure", 1, { kind: "silence", reason: "unsure" }],
    ["of prose is a silence", "Here's the code:", "end", 1, { kind: "silence", reason: "prose" }],
    [
      "that is too unlikely is kept, to be shown when more of it is typed",
      "f(1);",
      "end",
      0.1,
      { kind: "text", text: "f(1);" },
    ],
  ];
  for (const [what, said, reason, probability, expected] of rows) {
    it(what, async () => {
      const { ask, answer } = setup();
      const given = ask(site("let a = ^"), { gate: half, minimumConfidence: 0 });
      answer(said, reason, probability);
      const { pieces: _, ...end } = { pieces: undefined, ...(await given.answer) };
      assert.deepEqual(end, expected);
    });
  }

  it("is remembered, and so is a silence", async () => {
    for (const [said, kind] of [
      ["f(1);", "text"],
      ["  ", "silence"],
    ] as const) {
      const { ask, answer, cache } = setup();
      const given = ask(site("let a = ^"));
      answer(said);
      await given.answer;
      assert.equal(cache.lookUp(URI, contextAt("let a = ^"))[0]?.kind, kind);
    }
  });

  it("is cancelled where a rule has not stopped it, and text where one has", async () => {
    const { ask, say, queue } = setup();
    const broken = ask(site("let a = ^"));
    say("f(");
    queue.cancel();
    assert.deepEqual(await broken.answer, { kind: "cancelled" });
    const stopped = ask(site("let b = ^"));
    say("ab ab ab ab ab ab ab ab ab ab ab ab");
    assert.notEqual((await stopped.answer).kind, "cancelled");
  });

  it("counts the tokens that its text needs, however many were decoded by the time it was stopped", async () => {
    const { ask, answer, generated } = setup();
    const given = ask(site("let a = ^"));
    answer("f( 1 );");
    await given.answer;
    assert.deepEqual(generated, [3]);
  });
});

describe("the queue", () => {
  it("has the request that is on its way, until that is over", async () => {
    const { ask, answer, queue } = setup();
    assert.equal(queue.current, undefined);
    const given = ask(site("let a = ^"));
    assert.equal(queue.current, given);
    answer("1;");
    await given.answer;
    assert.equal(queue.current, undefined);
  });

  it("gives a request up for a newer one", async () => {
    const { ask, cancelled, answer } = setup();
    const first = ask(site("let a = ^"));
    const second = ask(site("let b = ^"));
    assert.deepEqual(await first.answer, { kind: "cancelled" });
    await turn();
    answer("2;");
    const end = await second.answer;
    assert.deepEqual([cancelled, end.kind === "text" && end.text], [[0], "2;"]);
  });

  it("knows how long an answer takes: the first time, and a fifth of each later one", async () => {
    const { ask, answer, queue, clock } = setup();
    for (const [milliseconds, expected] of [
      [100, 100],
      [200, 120],
      [120, 120],
    ] as const) {
      const given = ask(site(`let a${milliseconds}${expected} = ^`));
      await clock.pass(milliseconds);
      answer("1;");
      await given.answer;
      assert.equal(queue.responseMs, expected);
    }
  });

  it("keeps what was asked for automatically for a while without a subscriber, and by hand for no time", async () => {
    for (const [trigger, isCancelled] of [
      ["automatic", false],
      ["manual", true],
    ] as const) {
      const { ask, cancelled } = setup();
      const { inFlight } = ask(site("let a = ^"), SHOW_ALL, trigger);
      const controller = new AbortController();
      const followed = inFlight.subscribe("", controller.signal);
      controller.abort();
      await followed;
      await turn();
      assert.equal(cancelled.length > 0, isCancelled, trigger);
    }
  });

  it("asks ahead without becoming the current request, and remembers the answer", async () => {
    const { queue, backend, asked, answer, cache } = setup();
    const ahead = queue.askAhead(site("let a = ^"), backend, SHOW_ALL, false, never);
    assert.equal(queue.current, undefined);
    assert.equal(asked[0]?.isAhead, true);
    await turn();
    answer("1;");
    await ahead;
    assert.equal(cache.lookUp(URI, contextAt("let a = ^"))[0]?.kind, "text");
  });
});
