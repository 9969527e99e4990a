import assert from "node:assert/strict";
import {
  isListFirst,
  LIST_TURN_MS,
  ListTurn,
  LONGEST_HELD,
  listOpensWhen,
} from "../../../engine/completion/listFirst.ts";
import { Stopwatch } from "../../../engine/completion/stopwatch.ts";
import { Priority } from "../../../engine/native.ts";
import type { CompleteParams } from "../../../engine/protocol/completion.ts";
import { ManualClock } from "../support/manualClock.ts";
import { contextAt } from "../support/marked.ts";
import { reason, setup } from "../support/scriptedCompletion.ts";

describe("a suggestion gives way to the editor's list", () => {
  const defaults = ["code"] as const;
  const cases: [what: string, prefix: string, text: string, isFirst: boolean, waits?: CompleteParams["listWaitsIn"]][] =
    [
      ["the end of a name", "return tex", "tures", true],
      ["one letter", "return text", "s", true],
      ["the end of a member's name", "this.ite", "ms", true],
      ["the end of a name in an import", "import { trun", "cate", true],
      ["with digits and marks of names", "$ab_", "x2$y", true],
      ["letters beyond ASCII", "größ", "e", true],
      ["the end of a statement", "return tex", "ts;", true],
      ["the end of a name before a brace", "import { formatPr", "ice }", true],
      ["the end of a name before white space", "import { formatPr", "ice  ", true],
      ["the end of a call without arguments", "sum += this.tot", "al();", true],
      ["the beginning of a call", "print(fo", "o(", false],
      ["the end of a line", "return tex", "t;\n", false],
      ["more than the name", "return tex", "tures[0]", false],
      ["more names", "import { dat", "aclass, field", false],
      ["a call", "print(for", "mat(x)", false],
      ["a whole name behind a blank", "return ", "textures", false],
      ["a whole name behind a dot", "this.", "items", false],
      ["behind a number", "x = 12", "34", false],
      ["behind a number in hexadecimals", "x = 0xab", "cd", false],
      ["a long end", "x", "y".repeat(LONGEST_HELD + 1), false],
      ["where the list does not wait", "return tex", "tures", false, []],
      ["in a comment, where the list does not open", "// the tex", "tures", false],
      ["in a string, where the list does not open", 'f("the tex', "tures", false],
      ["in a string, where the list waits", 'f("the tex', "tures", true, ["code", "string"]],
    ];
  for (const [what, prefix, text, isFirst, listWaitsIn = [...defaults]] of cases) {
    it(`${isFirst ? "" : "or not: "}${what}`, () => {
      const context = contextAt(`${prefix}^`);
      assert.equal(isListFirst({ context, text, onScreen: 0, listWaitsIn }), isFirst);
      assert.ok(!isListFirst({ context, text, onScreen: 1, listWaitsIn }), "what is on the screen stays");
    });
  }
});

describe("the editor's list is opened beside a suggestion that is typed", () => {
  const never = undefined;
  const defaults = ["code"] as const;
  const cases: [
    what: string,
    prefix: string,
    text: string,
    opens: { from: number; to: number } | undefined,
    waits?: CompleteParams["listWaitsIn"],
  ][] = [
    ["from its last letters on", "self.", "products", { from: 3, to: 7 }],
    ["while the word's own letters are left, not only what closes", "sum += this.to", "tal();", { from: 1, to: 2 }],
    ["for the last word alone", "return ", "first + second", { from: 9, to: 13 }],
    ["from the first letter of a short word on, not before it", "return ", "tex", { from: 1, to: 2 }],
    ["from the next key on where it is short from the start", "return tex", "tures", { from: 1, to: 4 }],
    ["in its last line", "if (x) {", "\n  return texture;\n}", never],
    ["in its last line that ends with a name", "if x:", "\n    return texture", { from: 14, to: 18 }],
    ["with white space behind", "import { format", "Price ", { from: 1, to: 4 }],
    ["never for one letter", "return text", "s", never],
    ["never where it does not end with a word", "x = ", "items[0] + 1", never],
    ["never at a number", "x = ", "123456", never],
    ["never where arguments are left", "x = ", "f(abc, de)", { from: 8, to: 8 }],
    ["never in a string that it opens, where the list does not open", "f(", '"texture"', never],
    ["in a string where the list waits", "f(", '"texture"', { from: 4, to: 7 }, ["string"]],
    ["never behind a comment's mark", "x ", "// see texture", never],
    ["never where the list does not wait", "self.", "products", never, []],
  ];
  for (const [what, prefix, text, opens, listWaitsIn = [...defaults]] of cases) {
    it(what, () => assert.deepEqual(listOpensWhen({ context: contextAt(`${prefix}^`), text, listWaitsIn }), opens));
  }
});

describe("the list's turn", () => {
  const place = { uri: "file:///a.ts", version: 3, offset: 7, trigger: "automatic" } as const;
  const never = new AbortController().signal;
  const callOf = (clock: ManualClock, signal: AbortSignal) => ({ params: place, signal, watch: new Stopwatch(clock) });
  const widgetItem = { offset: 4, length: 3, text: "textures" };

  async function outcome(before: CompleteParams[], during: (turn: ListTurn) => void = () => {}) {
    const clock = new ManualClock();
    const turn = new ListTurn();
    for (const params of before) turn.note(params);
    let reason: string | undefined = "waiting";
    void turn.waitForList(callOf(clock, never), clock).then((end) => (reason = end ?? "may be shown"));
    await clock.pass(LIST_TURN_MS - 1);
    const early = reason;
    during(turn);
    await clock.pass(1);
    return [early, reason];
  }

  it("lasts its time, then the suggestion may be shown", async () => {
    assert.deepEqual(await outcome([place]), ["waiting", "may be shown"]);
  });
  it("is over at once where the list has been open and was closed", async () => {
    assert.deepEqual(await outcome([{ ...place, widgetItem }]), ["list-first", "list-first"]);
  });
  it("is noticed while it lasts", async () => {
    const open = (turn: ListTurn) => turn.note({ ...place, widgetItem });
    assert.deepEqual(await outcome([], open), ["waiting", "list-first"]);
  });
  it("does not depend on lists at other places", async () => {
    const others = [
      { ...place, version: 2, widgetItem },
      { ...place, offset: 6, widgetItem },
      { ...place, uri: "file:///b.ts", widgetItem },
    ];
    assert.deepEqual(await outcome(others), ["waiting", "may be shown"]);
  });
  it("ends when the user types on", async () => {
    const request = new AbortController();
    const clock = new ManualClock();
    const passed = new ListTurn().waitForList(callOf(clock, request.signal), clock);
    request.abort();
    assert.equal(await passed, "cancelled");
  });
});

describe("a completion in an editor whose list waits", () => {
  const never = new AbortController().signal;

  it("comes after the list where it only finishes a word, and counts as shown from then on", async () => {
    const clock = new ManualClock();
    const { service, requestAt, native, settings } = setup(() => "tures\n", { clock });
    settings.debounceMs = 0;
    const params: CompleteParams = { ...requestAt("return tex^"), listWaitsIn: ["code"] };
    assert.equal(reason(await service.complete(params, never)), "list-first");
    let isThere = false;
    const again = service.complete({ ...params, isAfterList: true }, never).finally(() => (isThere = true));
    await clock.pass(LIST_TURN_MS - 1);
    assert.ok(!isThere);
    await clock.pass(1);
    assert.ok(isThere);
    const later = await again;
    assert.ok(later.kind === "shown");
    assert.deepEqual([later.text, later.source, later.timings.totalMs], ["tures", "model", LIST_TURN_MS]);
    assert.equal(native.jobs.filter(({ request }) => request.priority === Priority.inline).length, 1);
    const next: CompleteParams = { ...requestAt("return text^"), listWaitsIn: ["code"] };
    const typed = await service.complete(next, never);
    assert.ok(typed.kind === "shown" && typed.source === "typed-through" && typed.text === "ures", "it stays there");
  });

  it("says when the list is to be opened beside it, unless it was asked for by hand", async () => {
    const { service, requestAt } = setup(() => "textures[first]\n");
    const listWaitsIn: CompleteParams["listWaitsIn"] = ["code"];
    const shown = await service.complete({ ...requestAt("return ^"), listWaitsIn }, never);
    assert.ok(shown.kind === "shown" && shown.text === "textures[first]", reason(shown));
    assert.deepEqual(shown.opensList, { from: 10, to: 13 });
    const typed = await service.complete({ ...requestAt("return textures[^"), listWaitsIn }, never);
    assert.ok(typed.kind === "shown" && typed.source === "typed-through", reason(typed));
    assert.deepEqual(typed.opensList, { from: 1, to: 4 });
    const byHand = await service.complete({ ...requestAt("return ^", "manual"), listWaitsIn }, never);
    assert.ok(byHand.kind === "shown" && byHand.opensList === undefined);
  });

  it("is not held back by hand, while the list is open, or where the list does not wait", async () => {
    const { service, requestAt } = setup(() => "tures\n");
    const listWaitsIn: CompleteParams["listWaitsIn"] = ["code"];
    assert.equal(
      reason(await service.complete({ ...requestAt("return tex^", "manual"), listWaitsIn }, never)),
      "shown tures",
    );
    assert.equal(reason(await service.complete(requestAt("return tex^"), never)), "shown tures");
    const widgetItem = { offset: 7, length: 3, text: "textures" };
    const open = await service.complete({ ...requestAt("return tex^"), listWaitsIn, widgetItem }, never);
    assert.ok(open.kind === "shown" || open.reason !== "list-first");
  });

  it("is not shown after the list was open and closed, nor once the user has typed on", async () => {
    const { service, requestAt } = setup(() => "tures\n");
    const params: CompleteParams = { ...requestAt("return tex^"), listWaitsIn: ["code"] };
    const widgetItem = { offset: 7, length: 3, text: "textures" };
    await service.complete({ ...params, widgetItem }, AbortSignal.abort());
    assert.equal(reason(await service.complete(params, never)), "list-first");
    assert.equal(reason(await service.complete({ ...params, isAfterList: true }, never)), "list-first");
    const request = new AbortController();
    const next: CompleteParams = { ...requestAt("return text^"), listWaitsIn: ["code"] };
    const later = service.complete({ ...next, isAfterList: true }, request.signal);
    request.abort();
    assert.equal(reason(await later), "cancelled");
  });

  describe("says at once that the list would wait too long for an answer", () => {
    const listWaitsIn: CompleteParams["listWaitsIn"] = ["code"];
    const cases: [what: string, at: string, debounceMs: number, params: Partial<CompleteParams>, isLate: boolean][] = [
      ["when a pause in the typing is waited for", "return tex^", 21, {}, true],
      ["but not when the pause is short", "return tex^", 20, {}, false],
      ["nor in a comment", "return a; // tex^", 21, {}, false],
      ["nor by hand", "return tex^", 21, { trigger: "manual" }, false],
      ["nor where the list does not wait", "return tex^", 21, { listWaitsIn: [] }, false],
      ["nor while it is open", "return tex^", 21, { widgetItem: { offset: 7, length: 3, text: "texts" } }, false],
      ["nor after it", "return tex^", 21, { isAfterList: true }, false],
      ["nor where nothing can be suggested", "return te^x", 21, {}, false],
    ];
    for (const [what, at, debounceMs, params, isLate] of cases) {
      it(what, async () => {
        const clock = new ManualClock();
        const { service, requestAt, settings, late } = setup(() => "tures[0];\n", { clock });
        settings.debounceMs = debounceMs;
        const asked: CompleteParams = { ...requestAt(at), listWaitsIn, ...params };
        const { uri, version, offset } = asked;
        const answer = service.complete(asked, never);
        await clock.pass(0);
        assert.deepEqual(late, isLate ? [{ uri, version, offset }] : []);
        await clock.pass(LIST_TURN_MS);
        await clock.pass(debounceMs);
        await answer;
      });
    }
  });

  describe("says that the list may open at once where nothing is shown", () => {
    const settings: CompleteParams["listWaitsIn"] = ["code"];
    const cases: [what: string, at: string, params: Partial<CompleteParams>, opens: true | undefined][] = [
      ["in code", "return tex^", { listWaitsIn: settings }, true],
      ["but not in a comment", "return a; // tex^", { listWaitsIn: settings }, undefined],
      ["nor in a string", 'return "tex^', { listWaitsIn: settings }, undefined],
      ["unless it waits there, too", 'return "tex^', { listWaitsIn: ["string"] }, true],
      ["nor where it does not wait", "return tex^", {}, undefined],
      ["nor by hand", "return tex^", { listWaitsIn: settings, trigger: "manual" }, undefined],
      ["nor after the list", "return tex^", { listWaitsIn: settings, isAfterList: true }, undefined],
      [
        "nor while it is open",
        "return tex^",
        { listWaitsIn: settings, widgetItem: { offset: 7, length: 3, text: "texts" } },
        undefined,
      ],
    ];
    for (const [what, at, params, opens] of cases) {
      it(what, async () => {
        const { service, requestAt } = setup(() => "");
        const result = await service.complete({ ...requestAt(at), ...params }, never);
        assert.ok(result.kind === "silent", reason(result));
        assert.equal(result.opensList, opens, result.reason);
      });
    }
    it("and says so where an end of a word gives way to it", async () => {
      const { service, requestAt } = setup(() => "tures\n");
      const result = await service.complete({ ...requestAt("return tex^"), listWaitsIn: settings }, never);
      assert.ok(result.kind === "silent" && result.reason === "list-first" && result.opensList);
    });
    it("but not when the user has typed on", async () => {
      const { service, requestAt } = setup(() => "");
      const late = await service.complete({ ...requestAt("tex^"), listWaitsIn: settings }, AbortSignal.abort());
      assert.ok(late.kind === "silent" && late.reason === "cancelled" && late.opensList === undefined);
    });
  });
});
