import assert from "node:assert/strict";
import type { Answer } from "../../../engine/backend/backend.ts";
import { Scheduler } from "../../../engine/backend/scheduler.ts";
import { Warmer } from "../../../engine/completion/warming.ts";
import { ManualClock } from "../support/manualClock.ts";
import { turn } from "../support/until.ts";

interface Job {
  name: string;
  /** How it ended; undefined while it runs. */
  reason: Answer["reason"] | undefined;
  end(reason: Answer["reason"]): void;
}

/** A warmer whose jobs end when the test says so, each having computed ten tokens. */
function setup() {
  const clock = new ManualClock();
  const scheduler = new Scheduler();
  const warmer = new Warmer(scheduler, clock);
  const jobs: Job[] = [];
  const followed: string[] = [];
  const run = (name: string) => () => {
    let end = (_: Answer["reason"]) => {};
    const done = new Promise<Answer>((resolve) => {
      end = (reason) => {
        job.reason = reason;
        resolve({ reason, prefilledTokens: 10 } as Answer);
      };
    });
    const job: Job = { name, reason: undefined, end: (reason) => end(reason) };
    jobs.push(job);
    return { cancel: () => end("cancelled"), done };
  };
  return {
    clock,
    scheduler,
    warmer,
    jobs,
    followed,
    warm: (uri: string, idleMs: number) =>
      warmer.warm(
        uri,
        idleMs,
        () => run(uri),
        async () => {
          followed.push(uri);
        },
      ),
    /** A request by the user, which lasts until the returned function is called. */
    ask: () => {
      let end = () => {};
      const done = new Promise<Answer>((resolve) => {
        end = () => resolve({ reason: "end" } as Answer);
      });
      void scheduler.inline(() => ({ cancel: () => {}, done }), new AbortController().signal);
      return end;
    },
    states: () => jobs.map(({ name, reason }) => [name, reason]),
  };
}

describe("a prompt is computed ahead of need", () => {
  it("after the wait, and not before; what follows it comes when it is done", async () => {
    const { warm, clock, jobs, states, followed, warmer } = setup();
    warm("a", 30);
    await clock.pass(29);
    assert.deepEqual(states(), []);
    await clock.pass(1);
    assert.deepEqual([states(), followed], [[["a", undefined]], []]);
    jobs[0]?.end("length");
    await turn();
    assert.deepEqual([followed, warmer.tokens], [["a"], 10]);
  });

  it("of the newest place alone, whether the older one waits or runs", async () => {
    const { warm, clock, jobs, states, followed } = setup();
    warm("a", 30);
    warm("b", 30);
    await clock.pass(30);
    warm("c", 30);
    await clock.pass(30);
    jobs.at(-1)?.end("length");
    await turn();
    assert.deepEqual(states(), [
      ["b", "cancelled"],
      ["c", "length"],
    ]);
    assert.deepEqual(followed, ["c"]);
  });

  it("again behind a request that cut it short, until all of it is computed", async () => {
    const { warm, clock, ask, jobs, states, followed, warmer } = setup();
    warm("a", 0);
    await clock.pass(0);
    const answer = ask();
    await turn();
    assert.deepEqual(states(), [["a", "cancelled"]]);
    answer();
    await turn();
    assert.deepEqual(states(), [
      ["a", "cancelled"],
      ["a", undefined],
    ]);
    jobs[1]?.end("length");
    await turn();
    assert.deepEqual([states().length, followed, warmer.tokens], [2, ["a"], 20]);
  });

  const given: [what: string, uri: string | undefined, expected: unknown][] = [
    ["no more once its document is given up", "a", [["a", "cancelled"]]],
    ["no more once whatever it is is given up", undefined, [["a", "cancelled"]]],
    ["still when another document is given up", "b", [["a", undefined]]],
  ];
  for (const [what, uri, expected] of given) {
    it(what, async () => {
      const { warm, clock, warmer, states, followed } = setup();
      warm("a", 0);
      await clock.pass(0);
      if (uri === undefined) warmer.cancel();
      else warmer.cancel(uri);
      await clock.pass(60_000);
      assert.deepEqual([states(), followed], [expected, []]);
    });
  }
});
