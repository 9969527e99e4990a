import assert from "node:assert/strict";
import { CancellationTokenSource } from "vscode-jsonrpc";
import * as protocol from "../../../engine/protocol/index.ts";
import { INITIALIZE, SETTINGS, setup } from "../support/engineServer.ts";
import { until } from "../support/until.ts";

const URI = "untitled:1";

describe("the engine's server", () => {
  it("answers initialize at once and says when the model is ready", async () => {
    const { client, calls, ready } = setup();
    const result = await client.sendRequest(protocol.initialize, INITIALIZE);
    assert.deepEqual(result, { protocolVersion: protocol.PROTOCOL_VERSION, processId: process.pid });
    assert.equal((await ready).model?.name, "built-in model");
    assert.equal(calls.root, "/root");
  });

  it("refuses another protocol version with advice", async () => {
    const { client } = setup();
    const request = client.sendRequest(protocol.initialize, { ...INITIALIZE, protocolVersion: 999 });
    await assert.rejects(request, /version 999.*Reload the window.*reinstall/);
  });

  it("refuses requests before initialize", async () => {
    const { client } = setup();
    const request = client.sendRequest(protocol.complete, { uri: URI, version: 1, offset: 0, trigger: "manual" });
    await assert.rejects(request, /initialize/);
  });

  it("refuses parameters of another shape, says where, and goes on", async () => {
    const { client, ready, lines } = setup(() => "value;\n");
    await client.sendRequest(protocol.initialize, INITIALIZE);
    await ready;
    const odd = { uri: URI, version: 1, offset: -1, trigger: "manual" };
    await assert.rejects(
      client.sendRequest("complete", odd),
      /"complete" has other parameters than declared, at offset/,
    );
    await assert.rejects(
      client.sendRequest("chat/act", { conversation: "c", action: { type: "dance" } }),
      /action\.type/,
    );
    await client.sendNotification("document/open", { uri: URI, path: "a.ts", languageId: 5, version: 1, text: "" });
    await client.sendNotification("configure", { ...SETTINGS, threads: "many" });
    const open = { uri: URI, path: "a.ts", languageId: "typescript", version: 1, text: "return " };
    await client.sendNotification(protocol.documentOpened, open);
    const result = await client.sendRequest(protocol.complete, { uri: URI, version: 1, offset: 7, trigger: "manual" });
    assert.ok(result.kind === "shown", JSON.stringify(result));
    assert.deepEqual(
      lines.map((line) => /at (\w+)/.exec(line)?.[1]).filter((place) => place !== undefined),
      ["languageId", "threads"],
    );
  });

  it("completes in a mirrored document after incremental changes", async () => {
    const { client, model, ready, states } = setup(() => "value;\n");
    await client.sendRequest(protocol.initialize, INITIALIZE);
    await ready;
    await client.sendNotification(protocol.documentOpened, {
      uri: URI,
      path: "a.ts",
      languageId: "typescript",
      version: 1,
      text: "return ",
    });
    await client.sendNotification(protocol.documentChanged, {
      uri: URI,
      baseVersion: 1,
      version: 2,
      changes: [{ offset: 7, length: 0, text: "the" }],
    });
    const result = await client.sendRequest(protocol.complete, { uri: URI, version: 2, offset: 10, trigger: "manual" });
    assert.ok(result.kind === "shown" && result.text === "value;", JSON.stringify(result));
    assert.equal(model.jobs[0]?.request.forcedPrefix, " the");
    assert.match(model.jobs[0]?.prompt ?? "", /return<5>$/);
    assert.deepEqual(states.slice(-3), ["ready", "working", "ready"]);
  });

  it("passes a cancelled request on to the arithmetic", async () => {
    const { client, model, ready } = setup(() => "word ".repeat(300), 5);
    await client.sendRequest(protocol.initialize, INITIALIZE);
    await ready;
    const open = { uri: URI, path: "a.ts", languageId: "typescript", version: 1, text: "" };
    await client.sendNotification(protocol.documentOpened, open);
    const source = new CancellationTokenSource();
    const params: protocol.CompleteParams = { uri: URI, version: 1, offset: 0, trigger: "manual" };
    const running = client.sendRequest(protocol.complete, params, source.token);
    await until(() => model.jobs.length > 0);
    source.cancel();
    const result = await running;
    assert.ok(result.kind === "silent" && result.reason === "cancelled");
    // The next keystroke may use it; when none comes, it ends.
    await until(() => model.jobs[0]?.reason !== undefined);
    assert.equal(model.jobs[0]?.reason, "cancelled");
  });

  it("answers with the next edit after the completion of the same key, or without it when that takes long", async () => {
    const { client, model, ready } = setup(() => "word ".repeat(300), 5);
    await client.sendRequest(protocol.initialize, INITIALIZE);
    await ready;
    const lines = ["a(itemCount);", "b(itemCount);", "c(itemCount);", ""].join("\n");
    const open = { uri: URI, path: "a.ts", languageId: "typescript", version: 1, text: lines };
    await client.sendNotification(protocol.documentOpened, open);
    for (const [version, offset] of [
      [2, 2],
      [3, 12],
    ] as const) {
      const changes = [{ offset, length: "itemCount".length, text: "total" }];
      await client.sendNotification(protocol.documentChanged, { uri: URI, baseVersion: version - 1, version, changes });
    }
    const source = new CancellationTokenSource();
    const place = { uri: URI, version: 3, offset: 17 };
    const running = client.sendRequest(protocol.complete, { ...place, trigger: "manual" }, source.token);
    await until(() => model.jobs.length > 0);
    const edit = await client.sendRequest(protocol.nextEdit, place);
    assert.equal(edit?.change.text, "total");
    assert.equal(model.jobs[0]?.reason, undefined, "the completion is still being computed");
    source.cancel();
    await running;
  });

  it("streams the chat on the asked progress token, before the result", async () => {
    const { client, ready } = setup(() => "some words of an answer");
    await client.sendRequest(protocol.initialize, INITIALIZE);
    await ready;
    const pieces: string[] = [];
    client.onProgress(protocol.chatText, 7, (text) => {
      pieces.push(text);
    });
    const result = await client.sendRequest(protocol.chat, {
      messages: [{ role: "user", content: "Why?" }],
      maxTokens: 50,
      progressToken: 7,
    });
    assert.equal(result.text, "some words of an answer");
    assert.equal(pieces.join(""), result.text);
  });

  it("closes the model at shutdown", async () => {
    const { client, model, ready, calls } = setup();
    await client.sendRequest(protocol.initialize, INITIALIZE);
    await ready;
    await client.sendRequest(protocol.shutdown);
    assert.equal(model.closed, true);
    assert.equal(calls.shutdowns, 1);
  });

  describe("with two windows", () => {
    const document = (text: string) => ({ uri: URI, path: "a.ts", languageId: "typescript", version: 1, text });
    const params: protocol.CompleteParams = { uri: URI, version: 1, offset: 0, trigger: "manual" };

    it("loads the model once, and keeps the documents of one name apart", async () => {
      const first = setup((prompt) => (prompt.includes("one") ? "1;" : "2;"));
      const second = first.join();
      for (const [{ client, ready }, text] of [
        [first, "one = "],
        [second, "two = "],
      ] as const) {
        await client.sendRequest(protocol.initialize, INITIALIZE);
        await ready;
        await client.sendNotification(protocol.documentOpened, document(text));
      }
      assert.equal(first.calls.loads, 1);
      const answers = await Promise.all(
        [first, second].map(({ client }) => client.sendRequest(protocol.complete, { ...params, offset: 6 })),
      );
      assert.deepEqual(
        answers.map((answer) => answer.kind === "shown" && answer.text),
        ["1;", "2;"],
      );
    });

    it("cancels what a window has asked for that goes, and only that", async () => {
      const first = setup(() => "word ".repeat(100), 2);
      const second = first.join();
      for (const { client, ready } of [first, second]) {
        await client.sendRequest(protocol.initialize, INITIALIZE);
        await ready;
      }
      const question = (content: string) => ({
        messages: [{ role: "user" as const, content }],
        maxTokens: 200,
        progressToken: 1,
      });
      const jobOf = (content: string) => first.model.jobs.find(({ prompt }) => prompt.includes(content));
      const expected = await second.client.sendRequest(protocol.chat, question("ALONE"));
      assert.match(expected.text, /^(word ?){10,}$/);
      first.client.sendRequest(protocol.chat, question("FIRST")).catch(() => {});
      const answer = second.client.sendRequest(protocol.chat, question("SECOND"));
      await until(() => jobOf("FIRST") !== undefined && jobOf("SECOND") !== undefined);
      await first.disconnect();
      assert.equal((await answer).text, expected.text);
      assert.equal(jobOf("FIRST")?.reason, "cancelled");
      assert.equal(first.model.closed, false);
      await second.disconnect();
      assert.equal(first.model.closed, true);
    });

    it("refuses a window of another installation", async () => {
      const first = setup();
      await first.client.sendRequest(protocol.initialize, INITIALIZE);
      const request = first.join().client.sendRequest(protocol.initialize, { ...INITIALIZE, storage: "/elsewhere" });
      await assert.rejects(request, /another installation/);
    });
  });
});
