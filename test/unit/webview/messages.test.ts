import assert from "node:assert/strict";
import { parseFromPage, parseToPage } from "../../../webview/messages.ts";

const STATS = { promptTokens: 1, cachedTokens: 0, decodedTokens: 2, prefillMs: 3, decodeMs: 4 };
const TURN = { id: 1, role: "user", text: "a", state: "done", note: "", attached: ["b.ts"] };
const CONVERSATION = { id: "c", title: "t", turns: [TURN, { ...TURN, id: 2, stats: STATS }], foldedUpTo: 0 };
const METER = { limit: 9, used: 1, reserved: 2, leftOut: ["x"] };

const FROM_PAGE: [valid: Record<string, unknown>, wrong: Record<string, unknown>[]][] = [
  [{ type: "ready" }, []],
  [{ type: "ask", text: "Why?" }, [{}, { text: 1 }, { text: null }, { text: "x".repeat(1_000_001) }]],
  [{ type: "edit", turn: 1, text: "a" }, [{ turn: 1 }, { turn: "1", text: "a" }, { turn: Number.NaN, text: "a" }]],
  [{ type: "regenerate", turn: 1 }, [{}, { turn: "1" }]],
  [{ type: "continue", turn: 1 }, [{}, { turn: Number.POSITIVE_INFINITY }]],
  [{ type: "delete", turn: 1 }, [{}, { turn: [1] }]],
  [{ type: "stop" }, []],
  [
    { type: "complete", request: 1, trigger: "@", query: "" },
    [
      { request: 1, query: "" },
      { request: 1, trigger: "#", query: "" },
    ],
  ],
  [{ type: "attach", offer: "file:a" }, [{}, { offer: {} }]],
  [{ type: "detach", chip: 1 }, [{}, { chip: "1" }]],
  [{ type: "copy", text: "a" }, [{}, { text: 7 }]],
  [{ type: "insert", code: "a" }, [{}, { code: ["a"] }]],
  [{ type: "newFile", code: "a", language: "ts" }, [{ code: "a" }, { code: "a", language: 1 }]],
  [{ type: "apply", code: "a" }, [{}]],
  [{ type: "apply", code: "a", turn: 2 }, [{ turn: 2 }, { code: "a", turn: "2" }]],
  [{ type: "link", address: "https://a" }, [{}, { address: null }]],
  [{ type: "chooseModel" }, []],
  [{ type: "getModel" }, []],
  [{ type: "think", isOn: true }, [{}, { isOn: "yes" }]],
];

const TO_PAGE: typeof FROM_PAGE = [
  [
    { type: "conversation", conversation: CONVERSATION },
    [
      {},
      { conversation: null },
      { conversation: { ...CONVERSATION, turns: [TURN, {}] } },
      { conversation: { ...CONVERSATION, id: 7 } },
    ],
  ],
  [
    { type: "turn", turn: TURN },
    [
      { turn: { ...TURN, role: "system" } },
      { turn: { ...TURN, id: "1" } },
      { turn: { ...TURN, state: "odd" } },
      { turn: { ...TURN, attached: "b.ts" } },
      { turn: { ...TURN, thoughts: 1 } },
      { turn: { ...TURN, stats: { ...STATS, decodeMs: "4" } } },
    ],
  ],
  [{ type: "text", turn: 1, text: "b" }, [{ turn: 1 }, { text: "b" }]],
  [{ type: "thought", turn: 1, text: "b" }, [{ turn: 1 }, { text: "b" }]],
  [{ type: "fold", upTo: 2 }, [{}]],
  [{ type: "title", title: "t" }, [{}]],
  [{ type: "meter", meter: METER }, [{}, { meter: { ...METER, leftOut: [1] } }]],
  [{ type: "problem", text: "p" }, [{}]],
  [
    { type: "state", note: "", chooseModel: false, offer: "", canAsk: true, alive: true, thinking: false },
    [{ note: "" }, { note: "", canAsk: 1 }, { note: "", chooseModel: false, thinking: "on" }],
  ],
  [
    { type: "chips", chips: [{ id: 1, kind: "file", label: "a" }] },
    [{}, { chips: [{ id: 1, kind: "command", label: "a" }] }],
  ],
  [
    { type: "offers", request: 1, offers: [{ id: "a", label: "b", detail: "c" }] },
    [{ request: 1 }, { request: 1, offers: [{}] }],
  ],
  [{ type: "focus" }, []],
  [{ type: "draft", text: "Why?" }, [{}, { text: 1 }]],
];

for (const [direction, parse, cases] of [
  ["from the page", parseFromPage, FROM_PAGE],
  ["to the page", parseToPage, TO_PAGE],
] as const) {
  describe(`messages ${direction}`, () => {
    for (const [valid, wrong] of cases) {
      it(`${valid.type}`, () => {
        assert.deepEqual(parse(valid), valid);
        assert.deepEqual(
          parse({ ...valid, command: "rm", __proto__: { x: 1 } }),
          valid,
          "what does not belong is left out",
        );
      });
      for (const fields of wrong) {
        it(`${valid.type}, refused: ${JSON.stringify(fields).slice(0, 80)}`, () => {
          assert.equal(parse({ type: valid.type, ...fields }), undefined);
        });
      }
    }
    for (const value of [
      undefined,
      null,
      7,
      "ready",
      [],
      {},
      { type: "eval" },
      { type: 1 },
      { type: "toString" },
      { type: "__proto__" },
    ]) {
      it(`refused: ${JSON.stringify(value)}`, () => assert.equal(parse(value), undefined));
    }
  });
}
