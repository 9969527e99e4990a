import assert from "node:assert/strict";
import { Heartbeat } from "../../../engine/client/heartbeat.ts";
import { turn } from "../support/until.ts";

const never = () => new Promise<never>(() => {});

function setup(ping: () => Promise<unknown>) {
  const seen = { pings: 0, hung: 0 };
  let check: (() => void) | undefined;
  const heartbeat = new Heartbeat({
    ping: () => {
      seen.pings++;
      return ping();
    },
    onHung: () => seen.hung++,
    repeat: (call) => {
      check = call;
      return () => {
        check = undefined;
      };
    },
  });
  /** Lets this many intervals pass, with everything that follows from each. */
  const pass = async (intervals: number) => {
    await turn();
    for (let i = 0; i < intervals; i++) {
      check?.();
      await turn();
    }
  };
  return { heartbeat, seen, pass };
}

describe("the heartbeat of the engine", () => {
  it("reports once, after ten intervals, an engine that owes an answer and gives no sign of life", async () => {
    const { heartbeat, seen, pass } = setup(never);
    heartbeat.watch(never());
    await pass(10);
    assert.deepEqual(seen, { pings: 1, hung: 0 });
    await pass(30);
    assert.deepEqual(seen, { pings: 1, hung: 1 });
  });

  it("is content with any sign, though the answer takes long", async () => {
    const { heartbeat, seen, pass } = setup(() => Promise.reject(new Error("unknown method")));
    heartbeat.watch(never());
    await pass(40);
    assert.deepEqual(seen, { pings: 40, hung: 0 });
  });

  it("asks for nothing while nothing is owed", async () => {
    const { heartbeat, seen, pass } = setup(never);
    heartbeat.watch(Promise.resolve(1));
    heartbeat.watch(Promise.reject(new Error("refused")));
    await pass(40);
    assert.deepEqual(seen, { pings: 0, hung: 0 });
  });

  it("watches until the last of several answers", async () => {
    const { heartbeat, seen, pass } = setup(never);
    let answer = () => {};
    heartbeat.watch(
      new Promise<void>((resolve) => {
        answer = resolve;
      }),
    );
    heartbeat.watch(never());
    await pass(2);
    answer();
    await pass(38);
    assert.equal(seen.hung, 1);
  });
});
