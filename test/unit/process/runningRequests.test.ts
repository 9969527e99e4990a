import assert from "node:assert/strict";
import { RunningRequests } from "../../../engine/process/runningRequests.ts";

const FOREVER_MS = 600_000;

/** A request that ends when the test says so. */
function request() {
  let resolve: (answer: string) => void = () => {};
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<string>((...settle) => {
    [resolve, reject] = settle;
  });
  return { promise, resolve, reject };
}

/** Lets promises that have settled go on. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("requests that are being answered", () => {
  it("are waited for until the last one has ended", async () => {
    const running = new RunningRequests();
    const [first, second] = [request(), request()];
    const answers = [running.count(first.promise), running.count(second.promise)];
    let hasEnded = false;
    const waiting = running.ended(FOREVER_MS).then(() => {
      hasEnded = true;
    });
    first.resolve("first");
    await turn();
    assert.equal(hasEnded, false);
    second.resolve("second");
    await waiting;
    assert.deepEqual(await Promise.all(answers), ["first", "second"]);
  });

  it("end by an error, too, which their own caller gets", async () => {
    const running = new RunningRequests();
    const failing = request();
    const answer = running.count(failing.promise);
    const waiting = running.ended(FOREVER_MS);
    failing.reject(new Error("no model"));
    await assert.rejects(answer, /no model/);
    await waiting;
  });

  it("are waited for no longer than the limit", async () => {
    const running = new RunningRequests();
    running.count(request().promise);
    await running.ended(1);
  });

  it("are not waited for when there are none", async () => {
    await new RunningRequests().ended(FOREVER_MS);
  });
});
