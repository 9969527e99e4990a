import assert from "node:assert/strict";
import { RestartPolicy } from "../../../engine/client/restartPolicy.ts";

/** Decisions for crashes at these seconds, as text. */
function decisions(seconds: number[]): string[] {
  const policy = new RestartPolicy();
  return seconds.map((second) => {
    const decision = policy.crashed(second * 1000);
    return decision.kind === "restart" ? `after ${decision.afterMs}` : `give up at ${decision.crashes}`;
  });
}

describe("the restart policy", () => {
  it("restarts three times within a minute, each time later, then gives up", () => {
    assert.deepEqual(decisions([0, 1, 2, 3]), ["after 200", "after 800", "after 2000", "give up at 4"]);
  });

  it("is back within three seconds of any crash it mends", () => {
    const policy = new RestartPolicy();
    for (let crash = 0; crash < 3; crash++) {
      const decision = policy.crashed(crash);
      assert.ok(decision.kind === "restart" && decision.afterMs < 3000);
    }
  });

  it("forgets crashes after a minute", () => {
    assert.deepEqual(decisions([0, 30, 61, 91]), ["after 200", "after 800", "after 800", "after 800"]);
  });

  it("starts from the beginning when the user restarts", () => {
    const policy = new RestartPolicy();
    for (let crash = 0; crash < 4; crash++) {
      policy.crashed(crash);
    }
    policy.reset();
    assert.deepEqual(policy.crashed(5), { kind: "restart", afterMs: 200 });
  });
});
