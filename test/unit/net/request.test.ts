import assert from "node:assert/strict";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { DIRECT, type RequestOptions, send } from "../../../engine/net/request.ts";
import { until } from "../support/until.ts";

describe("a request", () => {
  let server: Server;
  let answer: (response: ServerResponse) => void = () => {};

  before(async () => {
    server = createServer((_, response) => answer(response));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  const ask = (options: Partial<RequestOptions>) =>
    send(new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`), { net: DIRECT, ...options });

  it("waits for the first byte for as long as it is told to, though silence elsewhere ends it", async () => {
    const unanswered: ServerResponse[] = [];
    answer = (response) => void unanswered.push(response);
    const patient = ask({ idleMs: 30, firstByteMs: 0 });
    await until(() => unanswered.length === 1);
    // It has waited as long as this request, and continues.
    await assert.rejects(ask({ idleMs: 30 }), /was silent/);
    unanswered[0]?.end("slow");
    const reply = await patient;
    const parts: Buffer[] = [];
    for await (const part of reply.body) parts.push(part);
    assert.equal(Buffer.concat(parts).toString(), "slow");
  });

  it("ends with silence within the answer", async () => {
    answer = (response) => void response.write("begun");
    const reply = await ask({ idleMs: 50, firstByteMs: 0 });
    await assert.rejects(async () => {
      for await (const _ of reply.body);
    }, /silent|broke/);
  });

  it("is cancelled while it waits", async () => {
    answer = () => {};
    const controller = new AbortController();
    const asked = ask({ signal: controller.signal, firstByteMs: 0 });
    setImmediate(() => controller.abort());
    await assert.rejects(asked, { name: "AbortError" });
  });
});
