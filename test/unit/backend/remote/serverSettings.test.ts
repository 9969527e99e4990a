import assert from "node:assert/strict";
import type { CompletionRequest } from "../../../../engine/backend/backend.ts";
import { ModelService } from "../../../../engine/backend/modelService.ts";
import type { Status } from "../../../../engine/protocol/status.ts";
import { fakeAddon } from "../../support/fakeModel.ts";
import { ManualClock } from "../../support/manualClock.ts";
import { turn } from "../../support/until.ts";
import { FakeServer } from "./fakeServer.ts";

const CONTEXT = {
  path: "src/area.ts",
  languageId: "typescript",
  prefix: "const area = (r) => ",
  prefixLine: 0,
  restOfLine: ";",
  below: "log(area(2));",
};

const place = (change: Partial<CompletionRequest> = {}): CompletionRequest => ({
  owner: {},
  context: CONTEXT,
  maxTokens: 16,
  relatedChunks: () => [],
  shape: "line",
  minimumConfidence: 0,
  isAhead: false,
  ...change,
});

describe("a server in the settings", () => {
  let server: FakeServer;

  beforeEach(async () => {
    server = await FakeServer.start();
  });
  afterEach(() => server.stop());

  const settings = { model: "", threads: 0, cacheMegabytes: 0 };

  function setup(clock = new ManualClock()) {
    const statuses: Status[] = [];
    const service = new ModelService({
      loadAddon: () => fakeAddon(() => assert.fail("no local model is loaded")),
      resolvePack: async () => assert.fail("no model is imported"),
      builtinModel: "",
      storage: "",
      onStatus: (status) => statuses.push(status),
      log: () => {},
      clock,
    });
    const ask = async () => {
      const choice = await service.awaken();
      assert.ok(choice.kind === "ready", JSON.stringify(choice));
      return (await choice.backend.complete(place())().done).text;
    };
    return { service, statuses, clock, ask };
  }

  it("is used, tells where text goes, and goes on after the server was away", async () => {
    const { service, statuses, ask } = setup();
    const at = { address: server.address, model: "", key: "secret" };
    await service.load({ ...settings, server: at });
    const status = statuses.at(-1);
    assert.deepEqual(
      [status?.state, status?.model?.name, status?.model?.destination],
      ["ready", "small", new URL(server.address).host],
    );
    assert.ok(statuses.every((one) => !JSON.stringify(one).includes("secret")));
    assert.equal(await ask(), "Hello");
    const { port } = server;
    await server.stop();
    await assert.rejects(ask(), /Nothing answers at 127\.0\.0\.1/);
    server = await FakeServer.start(port);
    assert.equal(await ask(), "Hello");
    await service.close();
  });

  it("is found by itself when it starts after the editor, and sooner when somebody asks", async () => {
    const { port, address } = server;
    await server.stop();
    const { service, statuses, clock, ask } = setup();
    await service.load({ ...settings, server: { address, model: "", key: "" } });
    assert.match(statuses.at(-1)?.detail ?? "", /Nothing answers at 127/);
    const failures = statuses.length;
    // It is tried again and again, without a message each time.
    for (let i = 0; i < 200; i++) {
      await clock.pass(20);
      await turn();
    }
    assert.equal(statuses.length, failures);
    server = await FakeServer.start(port);
    assert.equal(service.current().kind, "none");
    while (service.current().kind === "none") {
      await clock.pass(1_000);
      await turn();
    }
    assert.equal(statuses.at(-1)?.state, "ready");
    assert.equal(await ask(), "Hello");
    await service.close();
  });

  it("is asked again while it loads its model", async () => {
    server.refuse = { status: 503, body: '{"error":{"message":"Loading model"}}' };
    const { service, statuses, clock } = setup();
    await service.load({ ...settings, server: { address: server.address, model: "", key: "" } });
    assert.match(statuses.at(-1)?.detail ?? "", /is still loading its model \(503\)/);
    server.refuse = undefined;
    while (statuses.at(-1)?.state !== "ready") {
      await clock.pass(1_000);
      await turn();
    }
    assert.equal(statuses.at(-1)?.state, "ready");
    await service.close();
  });

  it("is not asked again where that would change nothing", async () => {
    server.refuse = { status: 401, body: "{}" };
    const { service, statuses, clock } = setup();
    await service.load({ ...settings, server: { address: server.address, model: "", key: "wrong" } });
    assert.match(statuses.at(-1)?.detail ?? "", /does not accept the key/);
    const count = server.asked.length;
    for (let i = 0; i < 20; i++) await clock.pass(10_000);
    assert.equal(server.asked.length, count);
    await service.close();
  });
});
