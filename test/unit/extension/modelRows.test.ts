import assert from "node:assert/strict";
import type { ModelRow } from "../../../engine/protocol/models.ts";
import { BUILTIN, rowText } from "../../../extension/models/rows.ts";

const ROW: ModelRow = {
  id: "big",
  name: "Big",
  state: "available",
  path: "",
  bytes: 1.19e9,
  partialBytes: 0,
  goodFor: "Chat.",
  needs: "needs 1.9 GB of memory",
  fits: true,
  licence: { name: "MIT", url: "https://opensource.org/license/mit" },
  source: "owner/big@main",
  packed: false,
  obstacle: "",
};
const NONE = { model: "", chatModel: "" };

describe("a row of the view of models", () => {
  const rows: [what: string, change: Partial<ModelRow>, inUse: typeof NONE, wanted: [string, string, string]][] = [
    ["a model that can be had", {}, NONE, ["1.19 GB", "cloud-download", "available"]],
    [
      "one that is too large",
      { fits: false },
      NONE,
      ["1.19 GB, too large for this machine", "circle-slash", "available"],
    ],
    ["one that cannot be used", { obstacle: "No." }, NONE, ["1.19 GB", "circle-slash", "unusable"]],
    [
      "a paused download",
      { state: "partial", partialBytes: 3e8 },
      NONE,
      ["0.30 GB of 1.19 GB downloaded", "debug-pause", "partial"],
    ],
    ["a download", { state: "downloading" }, NONE, ["12 of 1,190 MB", "sync~spin", "downloading"]],
    ["an installed model", { state: "installed", path: "/m" }, NONE, ["installed, 1.19 GB", "package", "installed"]],
    [
      "the one in use",
      { state: "installed", path: "/m" },
      { model: "/m", chatModel: "" },
      ["in use: completions and chat", "check", "installed used"],
    ],
    [
      "the one of the chat",
      { state: "installed", path: "/m", packed: true },
      { model: "", chatModel: "/m" },
      ["in use: chat", "check", "installed used packed"],
    ],
  ];
  for (const [what, change, inUse, [description, icon, context]] of rows) {
    it(`shows ${what}`, () => {
      const progress = change.state === "downloading" ? "12 of 1,190 MB" : undefined;
      const text = rowText({ ...ROW, ...change }, inUse, progress);
      assert.deepEqual([text.description, text.icon, text.context], [description, icon, context]);
    });
  }

  it("shows the built-in model as in use until another one is chosen", () => {
    assert.equal(rowText(BUILTIN, NONE, undefined).description, "in use: completions and chat");
    assert.equal(rowText(BUILTIN, { model: "/m", chatModel: "" }, undefined).description, "installed");
    assert.match(rowText(BUILTIN, NONE, undefined).context, /builtin/);
  });

  it("tells licence, source and needs on hover", () => {
    const lines = ["Chat.", "Needs 1.9 GB of memory.", "Licence: MIT", "Source: owner/big@main"];
    assert.deepEqual(rowText(ROW, NONE, undefined).tooltip, lines);
  });
});
