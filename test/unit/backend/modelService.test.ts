import assert from "node:assert/strict";
import { ModelService } from "../../../engine/backend/modelService.ts";
import type { LoadOptions, NativeAddon } from "../../../engine/native.ts";
import type { Status } from "../../../engine/protocol/status.ts";
import { FakeModel, fakeAddon } from "../support/fakeModel.ts";
import { until } from "../support/until.ts";

const MACHINE = { processors: 8, fastProcessors: 8, totalMemory: 64e9, freeMemory: 64e9 };

function setup(change: Partial<NativeAddon> = {}) {
  const statuses: Status[] = [];
  const lines: string[] = [];
  const loads: { path: string; options: LoadOptions | undefined; model: FakeModel }[] = [];
  const addon = fakeAddon((path, options) => {
    const model = new FakeModel(() => "x");
    loads.push({ path, options, model });
    return model;
  });
  const service = new ModelService({
    loadAddon: () => ({ ...addon, preferredLayouts: () => ({ layout: "t16", binaryLayout: "b1" }), ...change }),
    resolvePack: async (path, storage, { layout, binaryLayout, onProgress, force }) => {
      assert.deepEqual([layout, binaryLayout], ["t16", "b1"]);
      if (force) {
        return `${storage}/${path}.new`;
      }
      if (path.includes("missing")) {
        throw new Error(`${path}: no such file.\nsecond line`);
      }
      for (const done of [0, 1, 50, 100]) {
        onProgress(done, 100);
      }
      return `${storage}/${path}.pack`;
    },
    builtinModel: "builtin.gguf",
    storage: "store",
    onStatus: (status) => statuses.push(status),
    log: (line) => lines.push(line),
    machine: () => MACHINE,
  });
  return { service, statuses, lines, loads };
}

describe("the model service", () => {
  it("loads the built-in model when none is named, and reports the progress", async () => {
    const { service, statuses, loads } = setup();
    await service.load({ model: "", threads: 0, cacheMegabytes: 0 });
    assert.deepEqual(
      loads.map(({ path, options }) => [path, options]),
      [["store/builtin.gguf.pack", { threads: 7 }]],
    );
    assert.deepEqual(
      statuses.map(({ state, detail }) => `${state} ${detail}`.trim()),
      [
        "starting Loading built-in model",
        "starting Importing built-in model: 0 %",
        "starting Importing built-in model: 1 %",
        "starting Importing built-in model: 50 %",
        "starting Importing built-in model: 100 %",
        "ready",
      ],
    );
    assert.deepEqual(statuses.at(-1)?.model, {
      name: "built-in model",
      kernel: "fake",
      threads: 1,
      chat: false,
      contextLength: 512,
      prefillTokensPerSecond: 1000,
      promptTokens: 512,
    });
  });

  it("loads once for equal settings, and replaces the model when they change", async () => {
    const { service, loads } = setup();
    await service.load({ model: "", threads: 0, cacheMegabytes: 0 });
    await service.load({ model: "", threads: 0, cacheMegabytes: 0 });
    assert.equal(loads.length, 1);
    await service.load({ model: "/models/other.gguf", threads: 3, cacheMegabytes: 100 });
    assert.equal(loads.length, 2);
    assert.equal(loads[0]?.model.closed, true);
    assert.deepEqual(loads[1]?.options, { threads: 3, cacheMegabytes: 100 });
    const current = service.current();
    assert.equal(current.kind === "ready" && current.backend.name, "other.gguf");
  });

  it("ends with the last settings when they change during a load", async () => {
    const { service, loads } = setup();
    await Promise.all(["a", "b", "c"].map((model) => service.load({ model, threads: 0, cacheMegabytes: 0 })));
    assert.equal(loads.at(-1)?.path, "store/c.pack");
    assert.equal(loads.filter(({ model }) => !model.closed).length, 1);
  });

  it("says in one line what is wrong, and recovers with other settings", async () => {
    const { service, statuses } = setup();
    await service.load({ model: "missing.gguf", threads: 0, cacheMegabytes: 0 });
    assert.deepEqual(statuses.at(-1), { state: "failed", detail: "missing.gguf: no such file." });
    assert.deepEqual(service.current(), { kind: "none", reason: "missing.gguf: no such file." });
    await service.load({ model: "", threads: 0, cacheMegabytes: 0 });
    assert.equal(statuses.at(-1)?.state, "ready");
  });

  it("makes a damaged pack again from its source, once", async () => {
    const paths: string[] = [];
    const damaged = setup({
      loadModel: async (path) => {
        paths.push(path);
        if (path.endsWith(".pack")) {
          throw new Error(`${path}: qkv is damaged (checksum); import the model again`);
        }
        return new FakeModel(() => "x");
      },
    });
    await damaged.service.load({ model: "", threads: 0, cacheMegabytes: 0 });
    assert.deepEqual(paths, ["store/builtin.gguf.pack", "store/builtin.gguf.new"]);
    assert.equal(damaged.statuses.at(-1)?.state, "ready");
    assert.ok(damaged.lines.some((line) => line.includes("is damaged")));

    const hopeless = setup({ loadModel: () => Promise.reject(new Error("no memory")) });
    await hopeless.service.load({ model: "", threads: 0, cacheMegabytes: 0 });
    assert.deepEqual(hopeless.statuses.at(-1), { state: "failed", detail: "no memory" });
  });

  it("refuses to run when every kernel computes wrongly, and logs each one that does", async () => {
    const wrong = (kernel: string, ok: boolean) => ({ kernel, ok, detail: ok ? "" : "dot product 3 differs" });
    const some = setup({ selfTest: () => [wrong("scalar", true), wrong("avx2", false)] });
    await some.service.load({ model: "", threads: 0, cacheMegabytes: 0 });
    assert.equal(some.statuses.at(-1)?.state, "ready");
    assert.ok(some.lines.some((line) => /avx2.*dot product 3 differs/.test(line)));
    const all = setup({ selfTest: () => [wrong("scalar", false)] });
    await all.service.load({ model: "", threads: 0, cacheMegabytes: 0 });
    assert.match(all.statuses.at(-1)?.detail ?? "", /computes wrongly.*scalar.*Reinstall/);
  });

  const settings = (model: string) => ({ model, threads: 0, cacheMegabytes: 0 });

  /** A service whose models are loaded only when the test allows it. */
  function slow(options: { freeMemory?: number; script?: (path: string) => (prompt: string) => string } = {}) {
    const statuses: Status[] = [];
    const loads: { path: string; model: FakeModel; let(): void }[] = [];
    const service = new ModelService({
      loadAddon: () => ({
        ...fakeAddon(() => new FakeModel(() => "x")),
        loadModel: (path) =>
          new Promise((resolve) => {
            const model = new FakeModel(options.script?.(path) ?? (() => "x"));
            loads.push({ path, model, let: () => resolve(model) });
          }),
      }),
      resolvePack: async (path) => path,
      builtinModel: "builtin.gguf",
      storage: "store",
      onStatus: (status) => statuses.push(status),
      log: () => {},
      machine: () => ({ ...MACHINE, freeMemory: options.freeMemory ?? 64e9 }),
      fileBytes: async () => 2e9,
    });
    const loading = async (model: string) => {
      const done = service.load(settings(model));
      const count = loads.length;
      await until(() => loads.length > count);
      return { done, load: loads[count]! };
    };
    const name = () => {
      const current = service.current();
      return current.kind === "ready" ? current.backend.name : undefined;
    };
    return { service, statuses, loads, loading, name };
  }

  it("keeps the old model answering until the new one has answered a test", async () => {
    const { statuses, loading, name } = slow();
    const first = await loading("");
    first.load.let();
    await first.done;
    const second = await loading("/m/new.gguf");
    assert.equal(name(), "built-in model");
    assert.deepEqual([statuses.at(-1)?.state, statuses.at(-1)?.detail], ["ready", "Loading new.gguf"]);
    second.load.let();
    await second.done;
    assert.equal(name(), "new.gguf");
    assert.equal(first.load.model.closed, true);
  });

  it("keeps the old model when the new one gives another answer every time", async () => {
    let calls = 0;
    const { statuses, loading, name } = slow({ script: (path) => () => (path.includes("new") ? `x${calls++}` : "x") });
    const first = await loading("");
    first.load.let();
    await first.done;
    const second = await loading("/m/new.gguf");
    second.load.let();
    await second.done;
    assert.equal(name(), "built-in model");
    assert.equal(first.load.model.closed, false);
    assert.equal(second.load.model.closed, true);
    assert.match(statuses.at(-1)?.detail ?? "", /does not give the same answer twice.*built-in model goes on working/);
  });

  it("unloads the old model first when there is no memory for two", async () => {
    const { loading, name } = slow({ freeMemory: 2.5e9 });
    const first = await loading("");
    first.load.let();
    await first.done;
    const second = await loading("/m/new.gguf");
    assert.equal(first.load.model.closed, true);
    assert.equal(name(), undefined);
    second.load.let();
    await second.done;
    assert.equal(name(), "new.gguf");
  });

  it("unloads a model that is not used for a while, and loads it again when it is needed", async () => {
    const { service, statuses, loads, loading, name } = slow();
    const first = await loading("");
    first.load.let();
    await first.done;
    await service.unloadAfter(60_000);
    assert.equal(service.isLoaded, true);
    await service.unloadAfter(0);
    assert.equal(service.isLoaded, false);
    assert.equal(first.load.model.closed, true);
    assert.match(statuses.at(-1)?.detail ?? "", /unloaded until it is needed/);
    assert.equal(name(), undefined);
    const again = service.load(settings(""));
    await until(() => loads.length === 2);
    loads[1]?.let();
    await again;
    assert.equal(name(), "built-in model");
  });
});
