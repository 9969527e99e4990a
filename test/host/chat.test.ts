import assert from "node:assert/strict";
import * as vscode from "vscode";
import type { ChatParams } from "../../engine/protocol/chat.ts";
import type { Status } from "../../engine/protocol/status.ts";
import { PARTICIPANT, type ParticipantDependencies, participantHandler } from "../../extension/lm/participant.ts";
import { RefusalError } from "../../extension/repository/refusalError.ts";
import { openAt, sleep, sterna, until } from "./editor.ts";
import { isIdle, withScriptedEngine } from "./scripted.ts";

const LONG = Array.from({ length: 600 }, (_, i) => `word${i} `).join("");

describe("the chat in VS Code", () => {
  const engine = withScriptedEngine();

  it("keeps what came of an answer when the engine dies in the middle of it, and offers to continue", async () => {
    const { api } = engine;
    await openAt("src/cart.ts", 5);
    engine.script({ when: "Explain", say: LONG });
    const asking = vscode.commands.executeCommand("sterna.explain");
    let shown = "";
    while (shown.length < 100) {
      await sleep(10);
      shown = (await api.conversation())?.turns[1]?.text ?? "";
    }
    const before = await api.conversation();
    const pid = api.enginePid();
    assert.ok(pid !== undefined);
    process.kill(pid, "SIGKILL");
    await asking;
    await until("a new engine", () => api.enginePid() !== undefined && api.enginePid() !== pid && isIdle(api));
    // A new engine opens the conversation again after a moment.
    let after = await api.conversation();
    for (const end = Date.now() + 10_000; after === undefined && Date.now() < end; await sleep(50)) {
      after = await api.conversation();
    }
    assert.equal(after?.id, before?.id);
    const answer = after?.turns[1];
    assert.equal(answer?.state, "interrupted");
    assert.ok(answer.text.startsWith(shown) && LONG.startsWith(answer.text), answer.text);
  }).timeout(30_000);
});

describe("Sterna's model in VS Code's own places", () => {
  const engine = withScriptedEngine();

  async function model(): Promise<vscode.LanguageModelChat> {
    for (let attempt = 0; attempt < 100; attempt++) {
      const [found] = await vscode.lm.selectChatModels({ vendor: "sterna" });
      if (found !== undefined) return found;
      await sleep(100);
    }
    throw new Error("VS Code does not know the model");
  }

  it("is found, with its own limits", async () => {
    const { family, maxInputTokens, name, vendor } = await model();
    assert.deepEqual({ family, maxInputTokens, vendor }, { family: "bitnet", maxInputTokens: 3072, vendor: "sterna" });
    assert.match(name, /^Sterna: /);
  });

  it("streams an answer, with what was said before", async () => {
    engine.script({ when: "And two?", say: "Two is more than one, and less than three." });
    const messages = [
      vscode.LanguageModelChatMessage.User("What is one?"),
      vscode.LanguageModelChatMessage.Assistant("A number."),
      vscode.LanguageModelChatMessage.User("And two?"),
    ];
    const response = await (await model()).sendRequest(messages);
    const pieces: string[] = [];
    for await (const piece of response.text) pieces.push(piece);
    assert.equal(pieces.join(""), "Two is more than one, and less than three.");
    assert.ok(pieces.length > 3, `${pieces.length} pieces`);
  });

  it("stops the arithmetic when the request is cancelled", async () => {
    engine.script({ when: "Go on", say: LONG });
    const source = new vscode.CancellationTokenSource();
    const response = await (await model()).sendRequest(
      [vscode.LanguageModelChatMessage.User("Go on")],
      {},
      source.token,
    );
    let text = "";
    try {
      for await (const piece of response.text) {
        text += piece;
        if (text.length > 50) source.cancel();
      }
    } catch {
      // VS Code may end a cancelled stream with an error.
    }
    await until("the engine at rest", () => isIdle(engine.api), 2_000);
    assert.ok(text.length < LONG.length / 2, `${text.length} characters`);
  });

  it("counts tokens", async () => {
    const count = await (await model()).countTokens("one two three");
    assert.equal(count, 3);
  });
});

describe("@sterna in VS Code's chat", () => {
  const stream = (into: string[]) =>
    ({
      markdown: (text: string) => into.push(text),
      button: ({ title }: vscode.Command) => into.push(`[${title}]`),
    }) as unknown as vscode.ChatResponseStream;
  const request = (prompt: string, references: unknown[] = []) =>
    ({ prompt, references: references.map((value) => ({ value })) }) as unknown as vscode.ChatRequest;
  const before = { history: [] } as unknown as vscode.ChatContext;

  const MODEL = { name: "m", chat: true } as Status["model"];

  /** A handler whose engine gives this answer; `.env` may not be read. */
  function handlerWith(
    answer: (params: Pick<ChatParams, "messages">, onText: (text: string) => void) => Promise<void>,
    status: Status = { state: "ready", detail: "", ...(MODEL && { model: MODEL }) },
  ) {
    return participantHandler({
      engine: {
        status,
        stream: (_: unknown, params: ChatParams, __: unknown, onText: (text: string) => void) => answer(params, onText),
      },
      access: {
        require: async ({ uri }: { uri: vscode.Uri }) => {
          if (uri.path.endsWith("/.env")) throw new RefusalError("excluded", ".env");
        },
        check: async ({ uri }: { uri: vscode.Uri }) => (uri.path.endsWith("/.env") ? "excluded" : undefined),
      },
      models: { chatModel: async () => undefined },
    } as unknown as ParticipantDependencies);
  }
  const { token } = new vscode.CancellationTokenSource();

  it("streams the answer, and sends the model what is attached", async () => {
    const asked: string[] = [];
    const { document } = await openAt("src/cart.ts", 5);
    const place = new vscode.Location(document.uri, new vscode.Range(3, 0, 4, 0));
    const said: string[] = [];
    const handle = handlerWith(async ({ messages }, onText) => {
      asked.push(...messages.map(({ role, content }) => `${role}: ${content}`));
      onText("It ");
      onText("adds.");
    });
    assert.deepEqual(await handle(request("What is it?", [place, "and this"]), before, stream(said), token), {});
    assert.deepEqual(said, ["It ", "adds."]);
    assert.deepEqual(asked, ["user: ```typescript\n  name: string;\n\n```\n\nand this\n\nWhat is it?"]);
  });

  it("sends nothing of a file that may not be read, and says why", async () => {
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri ?? vscode.Uri.file("/");
    let isAsked = false;
    const handle = handlerWith(async () => {
      isAsked = true;
    });
    const said: string[] = [];
    await handle(request("What is it?", [vscode.Uri.joinPath(folder, ".env")]), before, stream(said), token);
    assert.equal(isAsked, false);
    assert.match(said.join(" "), /Sterna does not read \.env.*\[Open the Setting\]/);
  });

  it("says why there is no answer", async () => {
    const handle = handlerWith(() => Promise.reject(new Error("The engine is stopped.")));
    const result = await handle(request("Why?"), before, stream([]), token);
    assert.deepEqual(result, { errorDetails: { message: "The engine is stopped." } });
  });

  it("says that the model in use does not answer, and offers the models", async () => {
    const model = { name: "Built-in", chat: false } as NonNullable<Status["model"]>;
    const handle = handlerWith(() => Promise.reject(new Error("asked")), { state: "ready", detail: "", model });
    const said: string[] = [];
    assert.deepEqual(await handle(request("Why?"), before, stream(said), token), {});
    assert.match(said.join(" "), /The model in use completes code, but does not answer questions.*\[Show Models\]/);
  });

  it("is registered under its name", () => {
    const { packageJSON } = vscode.extensions.getExtension("sterna.sterna") ?? {};
    assert.equal(packageJSON?.contributes.chatParticipants[0]?.id, PARTICIPANT);
  });
});

describe("a model that only completes code", () => {
  it("is not offered for chat", async () => {
    await sterna();
    await sleep(500);
    assert.deepEqual(await vscode.lm.selectChatModels({ vendor: "sterna" }), []);
  });
});
