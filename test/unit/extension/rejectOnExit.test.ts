import assert from "node:assert/strict";
import { RejectOnExit } from "../../../engine/client/rejectOnExit.ts";

const never = new Promise<never>(() => {});

describe("answers of an engine that may end", () => {
  it("gives the answer, and a failure as it is", async () => {
    const answers = new RejectOnExit();
    assert.equal(await answers.wait(Promise.resolve(7)), 7);
    await assert.rejects(answers.wait(Promise.reject(new Error("no"))), /^Error: no$/);
  });

  it("rejects what is waited for when the end comes, and everything after it", async () => {
    const answers = new RejectOnExit();
    const early = answers.wait(never);
    answers.end("signal SIGKILL");
    answers.end("disconnected");
    await assert.rejects(early, /^Error: The engine has stopped \(signal SIGKILL\)\.$/);
    await assert.rejects(answers.wait(never), /SIGKILL/);
    await assert.rejects(answers.wait(Promise.resolve(7)), /SIGKILL/);
    // It has no effect: there is no unhandled rejection.
    await assert.rejects(answers.wait(Promise.reject(new Error("late"))), /SIGKILL/);
  });

  it("holds on to no answer that has come", async () => {
    const answers = new RejectOnExit();
    await Promise.allSettled(
      [...Array(100).keys()].map((i) => answers.wait(i % 2 ? Promise.resolve(i) : Promise.reject(i))),
    );
    await new Promise(setImmediate);
    assert.equal(answers.size, 0);
    void answers.wait(never).catch(() => {});
    assert.equal(answers.size, 1);
  });
});
