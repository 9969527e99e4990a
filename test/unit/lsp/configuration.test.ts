import assert from "node:assert/strict";
import { configOf, readDefaults } from "../../../engine/lsp/configuration.ts";
import { root } from "../root.ts";

describe("the settings of a language client", () => {
  const defaults = readDefaults(root);

  it("are those of the manifest where the client has none", () => {
    const config = configOf([], defaults);
    assert.equal(config.enabled, true);
    assert.equal(config.languages.markdown, false);
    assert.equal(config.exclude["**/.env"], true);
    assert.deepEqual([config.engine.maxTokens, config.engine.debounceMs, config.engine.mode], [32, null, "eager"]);
  });

  for (const [title, layer] of [
    ["nested", { inline: { maxTokens: 7 } }],
    ["with dots", { "inline.maxTokens": 7 }],
    ["within the section", { sterna: { inline: { maxTokens: 7 } } }],
    ["with the section's name", { "sterna.inline.maxTokens": 7 }],
  ] as const) {
    it(`may be written ${title}`, () => assert.equal(configOf([layer], defaults).engine.maxTokens, 7));
  }

  it("come from the first layer that has them", () => {
    const config = configOf([undefined, null, { threads: 2 }, { threads: 3, model: "a.gguf" }], defaults);
    assert.deepEqual([config.engine.threads, config.engine.model], [2, "a.gguf"]);
  });

  it("of another type count as the default", () => {
    const config = configOf([{ threads: "many", inline: { languages: null, debounceMs: 5 } }, 3, []], defaults);
    assert.deepEqual([config.engine.threads, config.engine.debounceMs, config.languages["*"]], [0, 5, true]);
  });

  it("hold no key of a server, which is in the environment", () => {
    const config = configOf([{ server: { key: "a" } }], defaults, { STERNA_SERVER_KEY: "b" });
    assert.equal(config.engine.server.key, "b");
  });
});
