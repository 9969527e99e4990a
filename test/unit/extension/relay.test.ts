import assert from "node:assert/strict";
import * as protocol from "../../../engine/protocol/index.ts";
import { ActionableError } from "../../../extension/actionableError.ts";
import { commandOffers, contextOffers } from "../../../extension/chat/offers.ts";
import { ChatRelay } from "../../../extension/chat/relay.ts";
import { webAddress } from "../../../extension/chat/webAddress.ts";
import { parseToPage, type ToPage } from "../../../webview/messages.ts";
import { turn } from "../support/until.ts";

const MODEL = {
  name: "m",
  kernel: "k",
  threads: 1,
  chat: true,
  prefillTokensPerSecond: 900,
  promptTokens: 512,
} as protocol.ModelSummary;
const READY: protocol.Status = { state: "ready", detail: "", model: MODEL };
const FILE = { kind: "file", label: "a.ts", path: "a.ts", languageId: "typescript", text: "let a;" } as const;

/** A relay, an engine that records its requests, and a page that checks the messages that it gets. */
function setup(
  status = READY,
  { isThinking = false, ...conversations }: { isThinking?: boolean } & Record<string, number | boolean> = {},
) {
  const sent: { method: string; params: unknown }[] = [];
  const page: ToPage[] = [];
  let remembered = "";
  let count = 0;
  let refusesTerminal = false;
  const request = async (type: { method: string }, params: unknown) => {
    sent.push({ method: type.method, params });
    if (type.method === protocol.chatOpen.method) {
      const { id } = params as { id: string };
      const found = id === "" || id === "new" ? `c${++count}` : id;
      if (id !== "" && id !== "new" && !(id in conversations)) {
        throw new Error("This conversation does not exist any more.");
      }
      const turn = { id: 1, role: "user", text: "x", state: "done", note: "", attached: [] };
      return { id: found, title: "", turns: Array(Number(conversations[id] ?? 0)).fill(turn), foldedUpTo: 0 };
    }
    return null;
  };
  const relay = new ChatRelay(
    {
      request: request as never,
      post: (message) => {
        const parsed = parseToPage(structuredClone(message));
        assert.ok(parsed, `the page would refuse ${JSON.stringify(message)}`);
        page.push(parsed);
      },
      remembered: () => remembered,
      remember: (id) => {
        remembered = id;
      },
      attach: async (offer) => {
        if (offer === "terminal" && refusesTerminal) throw new ActionableError("The selection has something of .env.");
        if (offer !== "file") throw new Error("Nothing is selected in the editor.");
        return FILE;
      },
      chatModelLabel: () => "Download Big (1.2 GB)",
      isThinking: () => isThinking,
    },
    status,
  );
  const actions = () =>
    sent
      .filter(({ method }) => method === protocol.chatAct.method)
      .map(({ params }) => params as { conversation: string; action: protocol.ChatAction })
      .filter(({ action }) => action.type !== "measure");
  const last = <T extends ToPage["type"]>(type: T) => page.findLast((message) => message.type === type);
  const settle = async () => {
    for (let i = 0; i < 10; i++) await turn();
  };
  return {
    relay,
    page,
    actions,
    last,
    settle,
    refuseTerminal: () => {
      refusesTerminal = true;
    },
    remember: (id: string) => (remembered = id),
    remembered: () => remembered,
  };
}

describe("the relay between the page and the engine", () => {
  it("opens the conversation that was shown last, and another when it is gone", async () => {
    const { relay, remember, remembered, settle, last } = setup(READY, { kept: 2 });
    remember("kept");
    relay.engineStarted();
    await settle();
    const shown = last("conversation");
    assert.ok(shown?.type === "conversation" && shown.conversation.id === "kept");
    remember("lost");
    relay.engineStarted();
    await settle();
    assert.equal(remembered(), "c1");
  });

  it("sends a question with what is attached, once", async () => {
    const { relay, actions, settle, last } = setup();
    relay.engineStarted();
    relay.receive({ type: "attach", offer: "file" });
    await settle();
    assert.deepEqual(last("chips"), { type: "chips", chips: [{ id: 1, kind: "file", label: "a.ts" }] });
    relay.receive({ type: "ask", text: "Why?" });
    relay.receive({ type: "ask", text: "And?" });
    await settle();
    assert.deepEqual(
      actions().map(({ action }) => action),
      [
        { type: "ask", text: "Why?", attachments: [FILE] },
        { type: "ask", text: "And?", attachments: [] },
      ],
    );
  });

  it("takes a chip away, has each thing once, and says when there is nothing to attach", async () => {
    const { relay, settle, last } = setup();
    relay.receive({ type: "attach", offer: "file" });
    relay.receive({ type: "attach", offer: "file" });
    await settle();
    const chips = last("chips");
    assert.ok(chips?.type === "chips" && chips.chips.length === 1);
    relay.receive({ type: "detach", chip: chips.chips[0]?.id ?? 0 });
    assert.deepEqual(last("chips"), { type: "chips", chips: [] });
    relay.receive({ type: "attach", offer: "selection" });
    await settle();
    assert.deepEqual(last("problem"), { type: "problem", text: "Nothing is selected in the editor." });
  });

  it("takes out what a question was answered from", async () => {
    const { relay, actions, settle } = setup();
    relay.engineStarted();
    await settle();
    relay.receive({ type: "detachFrom", turn: 3, index: 1 });
    await settle();
    assert.deepEqual(
      actions().map(({ action }) => action),
      [{ type: "detach", turn: 3, index: 1 }],
    );
  });

  it("does not ask about what may not be read: the question returns to the input", async () => {
    const { relay, actions, last, settle, refuseTerminal } = setup();
    await relay.open("");
    refuseTerminal();
    relay.receive({ type: "ask", text: "/terminal what is this" });
    await settle();
    assert.deepEqual(actions(), []);
    assert.deepEqual(last("draft"), { type: "draft", text: "/terminal what is this" });
    assert.match(JSON.stringify(last("problem")), /something of \.env/);
  });

  it("takes away what is attached of a file that may not be read any more", async () => {
    const { relay, last, settle } = setup();
    const labels = () => {
      const message = last("chips");
      return message?.type === "chips" ? message.chips.map(({ label }) => label) : undefined;
    };
    await relay.open("");
    relay.receive({ type: "attach", offer: "file" });
    await settle();
    await relay.recheckChips(async () => true);
    assert.deepEqual(labels(), ["a.ts"]);
    await relay.recheckChips(async (path) => path !== "a.ts");
    assert.deepEqual(labels(), []);
  });

  it("attaches what the editor shows to a command after a slash", async () => {
    const { relay, actions, settle } = setup();
    relay.engineStarted();
    await settle();
    for (const text of ["/explain it", "/unknown", "/terminal"]) {
      relay.receive({ type: "ask", text });
      await settle();
    }
    assert.deepEqual(
      actions().map(({ action }) => action.type === "ask" && action.attachments),
      [[FILE], [], []],
    );
  });

  it("asks a command's question in a conversation of its own", async () => {
    const { relay, actions, settle, remember } = setup(READY, { kept: 2 });
    remember("kept");
    relay.engineStarted();
    await settle();
    await relay.ask({ text: "Explain", attachments: [] }, true);
    await relay.ask({ text: "More", attachments: [] }, false);
    assert.deepEqual(
      actions().map(({ conversation }) => conversation),
      ["c1", "c1"],
    );
  });

  it("passes on news of the conversation that is shown, and of no other", async () => {
    const { relay, settle, last } = setup();
    relay.engineStarted();
    await settle();
    relay.onEvent("other", { type: "text", turn: 1, text: "no" });
    relay.onEvent("c1", { type: "text", turn: 1, text: "yes" });
    assert.deepEqual(last("text"), { type: "text", turn: 1, text: "yes" });
  });

  it("says that nobody writes any more when the engine has gone", async () => {
    const { relay, settle, last } = setup();
    relay.engineStarted();
    await settle();
    assert.deepEqual(last("state"), {
      type: "state",
      note: "",
      chooseModel: false,
      offer: "",
      canAsk: true,
      alive: true,
    });
    relay.setStatus({ state: "starting", detail: "The engine stopped; starting it again" });
    relay.engineEnded();
    assert.deepEqual(last("state"), {
      type: "state",
      note: "The engine stopped; starting it again",
      chooseModel: false,
      offer: "",
      canAsk: false,
      alive: false,
    });
  });

  it("says whether a model that can think aloud does, and nothing where it cannot", async () => {
    for (const [thinks, isThinking, reported] of [
      [true, false, false],
      [true, true, true],
      [false, true, undefined],
    ] as const) {
      const status = { ...READY, model: { ...MODEL, ...(thinks && { thinks }) } };
      const { relay, settle, last } = setup(status, { isThinking });
      relay.engineStarted();
      await settle();
      const state = last("state");
      assert.equal(state?.type === "state" && state.thinking, reported);
    }
  });

  it("says before anything is typed that the model does not answer questions, and offers one that does", async () => {
    const { relay, settle, last } = setup({ ...READY, model: { ...MODEL, chat: false } });
    relay.engineStarted();
    await settle();
    const state = last("state");
    assert.ok(state?.type === "state" && state.chooseModel && !state.canAsk);
    assert.match(state.note, /completes code, but does not answer questions/);
    assert.equal(state.offer, "Download Big (1.2 GB)");
  });
});

describe("addresses", () => {
  for (const [text, address] of [
    ["https://example.org/a b", "https://example.org/a%20b"],
    ["HTTP://EXAMPLE.org", "http://example.org/"],
    ["https://аpple.com", "https://xn--pple-43d.com/"],
    ["https://user@evil.test@good.test/", "https://user%40evil.test@good.test/"],
    ["javascript:alert(1)", undefined],
    ["command:workbench.action.quit", undefined],
    ["file:///etc/passwd", undefined],
    ["vscode://settings", undefined],
    ["data:text/html,x", undefined],
    ["https://", undefined],
    ["//example.org", undefined],
    [" https://example.org", undefined],
  ] as const) {
    it(text, () => assert.equal(webAddress(text), address));
  }
});

describe("offers", () => {
  const files = ["src/cart.ts", "src/cartHelper.ts", "test/cart.test.ts", "README.md", "docs/car/notes.txt"];
  it("for a slash are the commands that begin so", () => {
    assert.deepEqual(
      commandOffers("e").map(({ label }) => label),
      ["/explain"],
    );
    assert.ok(commandOffers("").length > 5);
  });
  it("for an @ are places, then files, the best match first", () => {
    assert.deepEqual(
      contextOffers("cart", files).map(({ detail }) => detail),
      ["src/cart.ts", "src/cartHelper.ts", "test/cart.test.ts", "docs/car/notes.txt"],
    );
    assert.deepEqual(
      contextOffers("selec", files).map(({ label }) => label),
      ["@selection"],
    );
    assert.deepEqual(
      contextOffers("rdm", files).map(({ id }) => id),
      ["file:README.md"],
    );
    assert.equal(contextOffers("", files).length, 5 + files.length);
    assert.deepEqual(
      contextOffers("work", files).map(({ id }) => id),
      ["workspace"],
    );
  });
});
