/** The index of a repository's text: what it adds to a completion, and what it must not change. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { resolvePack } from "../../engine/models/store.ts";
import { GREEDY, loadAddon, type NativeModel, Priority, type RepositoryView } from "../../engine/native.ts";
import { temporaryFolder } from "../unit/models/folder.ts";
import { root } from "../unit/root.ts";

describe("the index of a repository", () => {
  const addon = loadAddon(root);
  const folder = temporaryFolder();
  let model: NativeModel;

  before(async function () {
    this.timeout(120_000);
    const builtin = join(root, "models/sterna-builtin.gguf");
    const pack = await resolvePack(builtin, folder.path("packs"), addon.preferredLayouts());
    model = await addon.loadModel(pack, { threads: 1 });
  });
  after(() => model.close());

  const BEFORE = 'import { openLedger } from "./ledger";\n\nconst book = openLedger(';
  const WEIGHTS: RepositoryView["weights"] = [1, 1, 1, 1];

  const complete = (repository?: RepositoryView, drafts = true) => {
    const tokens = model.tokenizer.encode(BEFORE, { bos: true });
    return model.generate({
      tokens,
      maxTokens: 12,
      sampling: GREEDY,
      stop: ["\n"],
      stopTokens: new Uint32Array(),
      ngramTexts: [BEFORE],
      ratedTokens: 12,
      priority: Priority.inline,
      drafts,
      ...(repository && { repository }),
    }).done;
  };

  const filled = async () => {
    const index = addon.createNgramIndex(1 << 20);
    for (let i = 0; i < 8; i++) {
      const text = `const b${i} = openLedger("accounts.db", { readOnly: true });\n`;
      assert.ok(await index.set({ path: `/w/src/f${i}.ts`, family: 1 }, text));
    }
    return index;
  };

  it("lets a completion go on as the repository does", async () => {
    const index = await filled();
    const view = { index, path: "/w/src/new.ts", family: 1, hidden: [], weights: WEIGHTS };
    const { text, probabilities } = await complete(view);
    assert.match(text, /^"accounts\.db", \{ readOnly/);
    assert.ok((probabilities[0] ?? 0) > 0.5);
    assert.doesNotMatch((await complete()).text, /accounts/);
    assert.doesNotMatch((await complete({ ...view, family: 2 })).text, /accounts/);
  });

  it("gives the same answer with and without drafts, from a cold cache, and while files change", async () => {
    const index = await filled();
    const view = { index, path: "/w/src/new.ts", family: 1, hidden: [], weights: WEIGHTS };
    const expected = await complete(view);
    const undrafted = await complete(view, false);
    model.clearCache();
    const running = complete(view);
    const changes = Array.from({ length: 40 }, (_, i) =>
      index.set({ path: `/w/src/f${i % 8}.ts`, family: 1 }, `openLedger(${i});\n`.repeat(200)),
    );
    const cold = await running;
    await Promise.all(changes);
    for (const { text, tokens, probabilities } of [undrafted, cold]) {
      assert.deepEqual(
        { text, tokens, probabilities },
        {
          text: expected.text,
          tokens: expected.tokens,
          probabilities: expected.probabilities,
        },
      );
    }
    assert.notEqual((await complete(view)).text, expected.text);
  });

  it("refuses values that are none of its own with one line", async () => {
    const index = await filled();
    const view = { index, path: "a", family: 1, hidden: [], weights: WEIGHTS };
    const bad = (change: object) => () => complete({ ...view, ...change } as RepositoryView);
    assert.throws(bad({ index: {} }), /NgramIndex/);
    assert.throws(bad({ family: -1 }), /family/);
    assert.throws(bad({ weights: [1, 1] }), /weights/);
    assert.throws(bad({ weights: [1, 1, 1, Number.NaN] }), /weights/);
    assert.throws(bad({ hidden: [1] }), /hidden/);
    assert.throws(() => addon.createNgramIndex(-1), /maxBytes/);
    assert.throws(() => index.set({ path: "a", family: 1 }, 5 as unknown as string), /text/);
  });

  it("tells what it holds, and forgets it", async () => {
    const index = await filled();
    assert.equal(index.stats().files, 8);
    assert.ok(await index.remove("/w/src/f0.ts"));
    assert.ok(!(await index.remove("/w/src/f0.ts")));
    await index.compact();
    assert.equal(index.stats().files, 7);
    await index.clear();
    assert.equal(index.stats().files, 0);
  });
});
