import assert from "node:assert/strict";
import type { DownloadProgress } from "../../../../engine/models/download/download.ts";
import { duration, Estimate } from "../../../../engine/models/download/estimate.ts";

function progress(phase: DownloadProgress["phase"], done: number, detail = ""): DownloadProgress {
  return { phase, done, total: 1_188_000_000, detail };
}

describe("the words for a download's progress", () => {
  it("give megabytes at once, and the time left once there is a rate", () => {
    const estimate = new Estimate();
    assert.equal(estimate.text(progress("transferring", 0), 0), "0 of 1,188 MB");
    assert.equal(estimate.text(progress("transferring", 4e6), 500), "4 of 1,188 MB");
    assert.equal(estimate.text(progress("transferring", 88e6), 11_000), "88 of 1,188 MB, 2 minutes left");
  });

  it("follow the rate of the last seconds", () => {
    const estimate = new Estimate();
    for (let second = 0; second <= 60; second++) estimate.text(progress("transferring", second * 1e6), 1000 * second);
    for (let second = 61; second <= 90; second++) {
      estimate.text(progress("transferring", 60e6 + (second - 60) * 20e6), 1000 * second);
    }
    assert.equal(estimate.text(progress("transferring", 680e6), 91_000), "680 of 1,188 MB, 25 seconds left");
  });

  it("begin anew when the server does", () => {
    const estimate = new Estimate();
    estimate.text(progress("transferring", 500e6), 0);
    assert.equal(estimate.text(progress("transferring", 0), 5000), "0 of 1,188 MB");
  });

  it("tell the other phases", () => {
    const estimate = new Estimate();
    assert.equal(estimate.text(progress("asking", 0), 0), "Asking for the size and the checksum");
    assert.equal(estimate.text(progress("verifying", 594e6), 0), "Verifying 594 of 1,188 MB");
    assert.equal(estimate.text(progress("waiting", 0, "Busy."), 0), "Busy.");
  });

  for (const [seconds, words] of [
    [0.2, "1 second"],
    [20, "20 seconds"],
    [55, "1 minute"],
    [150, "3 minutes"],
    [7000, "2 hours"],
  ] as const) {
    it(`call ${seconds} seconds ${words}`, () => assert.equal(duration(seconds), words));
  }
});
