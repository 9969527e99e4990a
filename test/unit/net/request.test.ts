import assert from "node:assert/strict";
import { createServer, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
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

  it("takes a proxy's name and password as they are, whatever signs they have", async () => {
    const seen: (string | undefined)[] = [];
    const proxy = createServer(({ headers }, response) => {
      seen.push(headers["proxy-authorization"]);
      response.end("ok");
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    const address = `http://a%zz:p%40@127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const url = new URL("http://elsewhere.test/");
    const asked = send(url, { net: { ...DIRECT, proxy: address } }).then((reply) => reply.destroy());
    await asked.finally(() => {
      proxy.closeAllConnections();
      proxy.close();
    });
    assert.deepEqual(seen, [`Basic ${Buffer.from("a%zz:p@").toString("base64")}`]);
  });

  it("takes the name and password of its address likewise, unless it has a key", async () => {
    const seen: (string | undefined)[] = [];
    answer = (response) => {
      seen.push(response.req.headers.authorization);
      response.end();
    };
    const url = new URL(`http://a%zz:p@127.0.0.1:${(server.address() as AddressInfo).port}`);
    for (const headers of [{}, { authorization: "Bearer k" }]) {
      (await send(url, { net: DIRECT, headers })).destroy();
    }
    assert.deepEqual(seen, [`Basic ${Buffer.from("a%zz:p").toString("base64")}`, "Bearer k"]);
  });

  it("says in one line that a port speaks something else", async () => {
    const other = createTcpServer((socket) => socket.end(Buffer.from([0x15, 3, 1, 0, 2, 2, 70])));
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const url = new URL(`http://127.0.0.1:${(other.address() as AddressInfo).port}`);
    const asked = send(url, { net: DIRECT }).finally(() => other.close());
    await assert.rejects(asked, /does not speak http at this port: check the port/);
  });

  it("is cancelled while it waits", async () => {
    answer = () => {};
    const controller = new AbortController();
    const asked = ask({ signal: controller.signal, firstByteMs: 0 });
    setImmediate(() => controller.abort());
    await assert.rejects(asked, { name: "AbortError" });
  });
});
