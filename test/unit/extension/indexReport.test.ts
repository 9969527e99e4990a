import assert from "node:assert/strict";
import type { RepositoryStatus } from "../../../engine/protocol/repository.ts";
import { linesOfOffer, nameOffer } from "../../../extension/chat/offers.ts";
import { indexReport } from "../../../extension/repository/indexReport.ts";

const STATUS: RepositoryStatus = {
  files: 1234,
  textBytes: 5 * 2 ** 20,
  indexBytes: 14 * 2 ** 20,
  limitBytes: 512 * 2 ** 20,
  waiting: 0,
  leftOut: [],
};

describe("the page about the workspace's index", () => {
  it("says how much is in it", () => {
    const text = indexReport(STATUS, true, []);
    assert.match(text, /1,234 files with 5\.0 MB of text\. The index takes 14 MB of memory, of at most 512 MB/);
    assert.match(text, /What is left out\n\nNothing\./);
    assert.doesNotMatch(text, /will be read/);
  });

  it("says what is in it of installed packages", () => {
    const dependencies = { packages: 12, files: 80, textBytes: 3 * 2 ** 20 };
    assert.match(
      indexReport({ ...STATUS, dependencies }, true, []),
      /Dependencies: 12 packages that open files import, of which 80 files with 3\.0 MB of text are in the index\./,
    );
    assert.doesNotMatch(indexReport(STATUS, true, []), /Dependencies/);
  });

  it("says what is left out and why, by the engine and before it", () => {
    const leftOut = [{ reason: "no-room", files: 300, examples: ["old/a.ts", "old/b.ts"] }];
    const refused = [
      { reason: "ignored", files: 2, examples: ["out", "dist"] },
      { reason: "too-many", files: 1, examples: [] },
    ];
    const text = indexReport({ ...STATUS, waiting: 7, leftOut }, true, refused);
    assert.match(text, /7 files will be read when the model is idle/);
    assert.match(
      text,
      /- 300 files: the memory for the index is full.*\n {2}- old\/a\.ts\n {2}- old\/b\.ts\n {2}- and 298 more/,
    );
    assert.match(text, /- 2 files or folders: git ignores them.*\n {2}- out\n {2}- dist\n/);
    assert.match(text, /- There are more files than are indexed/);
  });

  it("says why there is none", () => {
    assert.match(indexReport(STATUS, false, []), /Nothing: by the settings/);
    assert.match(indexReport(undefined, true, []), /Nothing: the engine does not run/);
  });

  it("has a sentence for every reason of the engine", () => {
    const reasons = ["no-language", "too-large", "generated", "secret", "binary", "minified", "no-room", "unreadable"];
    for (const reason of [...reasons, "ignored", "excluded", "untrusted"]) {
      assert.doesNotMatch(
        indexReport(STATUS, true, [{ reason, files: 1, examples: [] }]),
        new RegExp(`: ${reason}\\.`),
      );
    }
  });
});

describe("an offer of lines", () => {
  it("is read back as it was made, and nothing else is taken for one", () => {
    const uri = "file:///w/a:b 1.ts";
    const offer = nameOffer({ name: "add", path: "a.ts", uri, first: 3, last: 40 });
    assert.deepEqual(linesOfOffer(offer.id), { uri, first: 3, last: 40 });
    assert.equal(offer.detail, "a.ts:3");
    for (const id of ["lines:0-3:file:///a", "lines:3:file:///a", "file:src/a.ts", "lines:a-b:x"]) {
      assert.equal(linesOfOffer(id), undefined, id);
    }
  });
});
