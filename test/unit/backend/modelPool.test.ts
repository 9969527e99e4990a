import assert from "node:assert/strict";
import { LocalBackend } from "../../../engine/backend/localBackend.ts";
import { ModelPool, type ModelUser } from "../../../engine/backend/modelPool.ts";
import type { ModelSettings } from "../../../engine/backend/modelSettings.ts";
import type { Status } from "../../../engine/protocol/status.ts";
import { FakeModel, fakeAddon } from "../support/fakeModel.ts";
import { ManualClock } from "../support/manualClock.ts";
import { turn } from "../support/until.ts";

const settings = (model: string): ModelSettings => ({ model, threads: 1, cacheMegabytes: 0 });

const MACHINE = { processors: 1, fastProcessors: 1, totalMemory: 64e9, freeMemory: 64e9 };

interface Window {
  user: ModelUser;
  statuses: Status[];
  /** The path of the model that would get the window's text. */
  uses(): string | undefined;
}

function setup(memory: { free?: number; needed?: number } = {}) {
  const loads: { path: string; model: FakeModel }[] = [];
  const addon = fakeAddon((path) => {
    const model = new FakeModel(() => "x");
    loads.push({ path, model });
    return model;
  });
  const clock = new ManualClock();
  const pool = new ModelPool({
    loadAddon: () => addon,
    resolvePack: async (path) => path,
    builtinModel: "builtin.gguf",
    storage: "store",
    log: () => {},
    clock,
    machine: () => ({ ...MACHINE, freeMemory: memory.free ?? Number.MAX_SAFE_INTEGER }),
    fileBytes: async () => memory.needed ?? 0,
  });
  const open = (): Window => {
    const statuses: Status[] = [];
    const user = pool.user({
      onStatus: (status) => statuses.push(status),
      isBusy: () => false,
      unloadMinutes: () => 0,
    });
    const uses = () => {
      const current = user.current();
      const backend = current.kind === "ready" ? current.backend : undefined;
      return loads.find(({ model }) => backend instanceof LocalBackend && model === backend.native)?.path;
    };
    return { user, statuses, uses };
  };
  /** Lets time pass until a condition holds. */
  const until = async (isSo: () => boolean) => {
    while (!isSo()) {
      await clock.pass(100);
      await turn();
    }
  };
  return { loads, open, clock, until };
}

describe("the pool of models", () => {
  it("loads a model once for all windows, and reports that to windows that come later", async () => {
    const { loads, open, until } = setup();
    const [first, second] = [open(), open()];
    first.user.want(settings("a"));
    await until(() => first.uses() === "a");
    second.user.want(settings("a"));
    assert.equal(second.uses(), "a");
    assert.deepEqual(
      second.statuses.map(({ state, model }) => [state, model?.name]),
      [["ready", "a"]],
    );
    assert.equal(loads.length, 1);
  });

  it("closes a model with the last window that uses it", async () => {
    const { loads, open, until } = setup();
    const [first, second] = [open(), open()];
    first.user.want(settings("a"));
    second.user.want(settings("a"));
    await until(() => second.uses() === "a");
    await first.user.release();
    assert.deepEqual([first.uses(), second.uses(), loads[0]?.model.closed], [undefined, "a", false]);
    await second.user.release();
    assert.equal(loads[0]?.model.closed, true);
  });

  it("loads another model once when all windows want it, while the old model keeps answering", async () => {
    const { loads, open, until } = setup();
    const windows = [open(), open()];
    for (const { user } of windows) user.want(settings("a"));
    await until(() => windows[0]?.uses() === "a");
    for (const { user } of windows) {
      user.want(settings("b"));
      assert.equal(user.shared?.users.size, 2);
    }
    assert.deepEqual(
      windows.map(({ uses }) => uses()),
      ["a", "a"],
    );
    await until(() => windows.every(({ uses }) => uses() === "b"));
    assert.deepEqual(
      loads.map(({ path, model }) => [path, model.closed]),
      [
        ["a", true],
        ["b", false],
      ],
    );
  });

  it("gives windows that want different models one each, and no window changes another one's", async () => {
    const { loads, open, until } = setup();
    const [first, second] = [open(), open()];
    first.user.want(settings("a"));
    await until(() => first.uses() === "a");
    second.user.want(settings("b"));
    await until(() => second.uses() === "b");
    assert.equal(first.uses(), "a");
    assert.equal(first.statuses.filter(({ state }) => state === "starting").length, 1);
    await second.user.release();
    assert.deepEqual(
      loads.map(({ model }) => model.closed),
      [false, true],
    );
  });

  it("says why there is no memory for another model, and keeps the first one", async () => {
    const memory = { free: 5e9, needed: 6e9 };
    const { loads, open, until } = setup(memory);
    const [first, second] = [open(), open()];
    // At the same time: the second one looks at the memory once the first one is loaded.
    first.user.want(settings("a"));
    second.user.want(settings("/m/b.gguf"));
    await until(() => second.statuses.at(-1)?.state === "failed");
    const { detail } = second.statuses.at(-1) ?? {};
    assert.match(detail ?? "", /^There is no memory for b\.gguf beside a: it needs 6\.0 GB.*5\.0 GB are free/);
    assert.deepEqual(second.user.current(), { kind: "none", reason: detail });
    assert.deepEqual([first.uses(), loads.length], ["a", 1]);
    assert.ok(first.statuses.every(({ state }) => state !== "failed"));
    memory.free = 6e9;
    second.user.want(settings("/m/c.gguf"));
    await until(() => second.uses() === "/m/c.gguf");
    assert.equal(first.uses(), "a");
  });

  it("gives a window a model of its own when it wants another one than those that share its model", async () => {
    const { open, until } = setup();
    const [first, second] = [open(), open()];
    first.user.want(settings("a"));
    second.user.want(settings("a"));
    await until(() => second.uses() === "a");
    first.user.want(settings("b"));
    // For a moment the other one might follow.
    assert.equal(first.uses(), "a");
    await until(() => first.uses() === "b");
    assert.equal(second.uses(), "a");
    second.user.want(settings("b"));
    assert.equal(second.user.shared, first.user.shared);
    assert.equal(second.uses(), "b");
  });

  it("never sends a window's text to a server that only another window has named", async () => {
    const { open, until } = setup();
    const [first, second] = [open(), open()];
    first.user.want(settings("a"));
    await until(() => first.uses() === "a");
    second.user.want({ ...settings("a"), server: { address: "http://127.0.0.1:9", model: "", key: "" } });
    await until(() => second.statuses.some(({ state }) => state === "failed"));
    assert.equal(first.uses(), "a");
    assert.notEqual(second.user.shared, first.user.shared);
    // Otherwise it would go on asking the missing server.
    await second.user.release();
    assert.ok(first.statuses.every(({ state }) => state !== "failed"));
  });
});
