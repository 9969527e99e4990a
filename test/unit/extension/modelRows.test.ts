import assert from "node:assert/strict";
import type { ModelRow } from "../../../engine/protocol/models.ts";
import { arrange, BUILTIN, rowText } from "../../../extension/models/modelRows.ts";

const ROW: ModelRow = {
  id: "big",
  name: "Big",
  state: "available",
  path: "",
  bytes: 1.19e9,
  partialBytes: 0,
  goodFor: "Chat.",
  needs: "needs 1.9 GB of memory",
  speed: "15 to 30 tokens/s",
  codeScore: null,
  chats: true,
  recommended: false,
  fits: true,
  licence: { name: "MIT", url: "https://opensource.org/license/mit" },
  source: "owner/big@main",
  packed: false,
  obstacle: "",
};
const NONE = { model: "", chatModel: "" };

describe("a row of the view of models", () => {
  const rows: [what: string, change: Partial<ModelRow>, inUse: typeof NONE, wanted: [string, string, string]][] = [
    ["a model that can be had", {}, NONE, ["1.2 GB, 15 to 30 tokens/s", "cloud-download", "available"]],
    [
      "the recommended one",
      { recommended: true },
      NONE,
      ["recommended, 1.2 GB, 15 to 30 tokens/s", "star-empty", "available"],
    ],
    [
      "one that is too large",
      { fits: false },
      NONE,
      ["too large for this machine, 1.2 GB, 15 to 30 tokens/s", "circle-slash", "available"],
    ],
    [
      "one whose score on code is known",
      { codeScore: 78.7, recommended: true },
      NONE,
      ["recommended, 1.2 GB, 15 to 30 tokens/s, code 79", "star-empty", "available"],
    ],
    ["one that cannot be used", { obstacle: "No." }, NONE, ["1.2 GB, 15 to 30 tokens/s", "circle-slash", "unusable"]],
    [
      "a paused download",
      { state: "partial", partialBytes: 3e8 },
      NONE,
      ["0.3 GB of 1.2 GB downloaded", "debug-pause", "partial"],
    ],
    ["a download", { state: "downloading" }, NONE, ["12 of 1,190 MB", "sync~spin", "downloading"]],
    [
      "an installed model",
      { state: "installed", path: "/m" },
      NONE,
      ["installed, 15 to 30 tokens/s", "package", "installed chats"],
    ],
    [
      "the one in use",
      { state: "installed", path: "/m" },
      { model: "/m", chatModel: "" },
      ["in use: suggestions and chat", "check", "installed used chats"],
    ],
    [
      "the one of the chat",
      { state: "installed", path: "/m", packed: true },
      { model: "", chatModel: "/m" },
      ["in use: chat", "check", "installed used packed chats"],
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
    assert.equal(rowText(BUILTIN, NONE, undefined).description, "in use: suggestions");
    assert.equal(rowText(BUILTIN, { model: "/m", chatModel: "" }, undefined).description, "installed");
    assert.match(rowText(BUILTIN, NONE, undefined).context, /builtin/);
  });

  it("tells licence, source and needs on hover", () => {
    const lines = ["Chat.", "It needs 1.9 GB of memory.", "Licence: MIT", "Source: owner/big@main"];
    assert.deepEqual(rowText(ROW, NONE, undefined).tooltip, lines);
  });

  it("says of no model that it is used for the chat when it cannot chat", () => {
    const base = { ...ROW, state: "installed" as const, path: "/m", chats: false };
    assert.equal(rowText(base, { model: "/m", chatModel: "" }, undefined).description, "in use: suggestions");
    assert.equal(rowText(base, { model: "", chatModel: "/m" }, undefined).description, "installed, 15 to 30 tokens/s");
  });
});

describe("the order of the models", () => {
  it("shows what is there and the recommended one, and folds the others", () => {
    const rows: ModelRow[] = [
      BUILTIN,
      { ...ROW, id: "a", recommended: true },
      { ...ROW, id: "b" },
      { ...ROW, id: "c", state: "partial" },
      { ...ROW, id: "d", state: "installed" },
      { ...ROW, id: "e" },
    ];
    const { first, others } = arrange(rows);
    assert.deepEqual(
      [first, others].map((list) => list.map(({ id }) => id)),
      [
        ["", "a", "c", "d"],
        ["b", "e"],
      ],
    );
  });
});
