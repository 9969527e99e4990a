import assert from "node:assert/strict";
import { Heartbeat } from "../../../engine/client/heartbeat.ts";

const BEAT_MS = 5;
const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const never = () => new Promise<never>(() => {});

function setup(ping: () => Promise<unknown>) {
  const seen = { pings: 0, hung: 0 };
  const heartbeat = new Heartbeat({
    ping: () => {
      seen.pings++;
      return ping();
    },
    onHung: () => seen.hung++,
    beatMs: BEAT_MS,
  });
  return { heartbeat, seen };
}

describe("the heartbeat of the engine", () => {
  it("reports once an engine that owes an answer and gives no sign of life", async () => {
    const { heartbeat, seen } = setup(never);
    heartbeat.watch(never());
    await sleep(40 * BEAT_MS);
    assert.deepEqual(seen, { pings: 1, hung: 1 });
  });

  it("is content with any sign, though the answer takes long", async () => {
    const { heartbeat, seen } = setup(() => Promise.reject(new Error("unknown method")));
    heartbeat.watch(never());
    await sleep(40 * BEAT_MS);
    assert.equal(seen.hung, 0);
    assert.ok(seen.pings > 3, String(seen.pings));
    heartbeat.stop();
  });

  it("asks for nothing while nothing is owed", async () => {
    const { heartbeat, seen } = setup(never);
    heartbeat.watch(Promise.resolve(1));
    heartbeat.watch(Promise.reject(new Error("refused")));
    await sleep(40 * BEAT_MS);
    assert.deepEqual(seen, { pings: 0, hung: 0 });
  });

  it("watches until the last of several answers", async () => {
    const { heartbeat, seen } = setup(never);
    heartbeat.watch(sleep(2 * BEAT_MS));
    heartbeat.watch(never());
    await sleep(40 * BEAT_MS);
    assert.equal(seen.hung, 1);
  });
});
