import assert from "node:assert/strict";
import { type Result, withSecondRun } from "../../../scripts/lib/secondRun.mjs";

const FAILURE = { title: "opens a file", message: "no palette", file: "palette.test.mjs" };

function result(part: Partial<Result>): Result {
  return { passed: 0, failures: [], skipped: [], ...part };
}

/** The result of a suite of which two files ran, and the files that ran again. */
async function twice(first: Partial<Result>, second: Partial<Result>): Promise<{ result: Result; files: string[] }> {
  const files: string[] = [];
  const run = async (again: string[]) => {
    files.push(...again);
    return result(second);
  };
  return { result: await withSecondRun(result(first), run), files };
}

describe("a second run of the tests that failed", () => {
  const first = { passed: 7, passedIn: { "palette.test.mjs": 3, "chat.test.mjs": 4 }, failures: [FAILURE] };

  it("counts a test that passes then, and names it", async () => {
    const { result, files } = await twice(first, { passed: 4 });
    assert.deepEqual(files, ["palette.test.mjs"]);
    assert.deepEqual([result.passed, result.failures, result.unsteady], [8, [], [FAILURE]]);
  });

  it("leaves a test failed that fails again", async () => {
    const again = { ...FAILURE, message: "no palette again" };
    const { result } = await twice(first, { passed: 3, failures: [again] });
    assert.deepEqual([result.passed, result.failures, result.unsteady], [7, [again], []]);
  });

  it("leaves a test failed where another one fails the second time", async () => {
    const other = { ...FAILURE, title: "closes a file" };
    const { result } = await twice(first, { passed: 3, failures: [other] });
    assert.deepEqual([result.failures, result.unsteady], [[other], [FAILURE]]);
  });

  it("says when it does not come to its end", async () => {
    const { result } = await twice(first, { crash: "it ended with 1" });
    assert.equal(result.crash, "it ended with 1");
  });

  for (const [name, part] of [
    ["all passed", { passed: 7 }],
    ["the suite crashed", { failures: [FAILURE], crash: "no memory" }],
    ["a failure has no file", { failures: [{ title: "C++ tests", message: "" }] }],
    ["many files failed", { failures: [..."abcde"].map((file) => ({ ...FAILURE, file })) }],
  ] as const) {
    it(`is not made when ${name}`, async () => {
      const given = { ...part, failures: [...(("failures" in part && part.failures) || [])] };
      const { result, files } = await twice(given, {});
      assert.deepEqual(files, []);
      assert.deepEqual(result.failures, given.failures);
    });
  }
});
