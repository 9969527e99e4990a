import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { proxyFor } from "../../../engine/net/proxy.ts";
import { asScriptAnswer } from "../../../extension/proxyAnswer.ts";
import { bundleOf } from "./bundle.ts";

const URL_OF_HUB = "https://huggingface.co/model";

describe("the proxy that VS Code resolves", () => {
  for (const [answer, wanted] of [
    ["http://proxy:8080", "PROXY proxy:8080"],
    ["https://proxy", "HTTPS proxy"],
    ["http://me:secret@proxy:8080", "PROXY me:secret@proxy:8080"],
    ["socks5://proxy:1080", "SOCKS proxy:1080"],
    ["DIRECT", ""],
    ["", ""],
    [undefined, ""],
  ] as const) {
    it(`${answer} is ${wanted || "none"} in the words of a proxy script`, () => {
      assert.equal(asScriptAnswer(answer), wanted);
      if (!wanted.startsWith("SOCKS")) {
        const proxy = proxyFor(new URL(URL_OF_HUB), { proxy: "", noProxy: [], resolvedProxy: wanted }, {});
        assert.equal(proxy?.href, wanted === "" ? undefined : new URL(answer ?? "").href);
      }
    });
  }

  const folder = mkdtempSync(join(tmpdir(), "sterna-proxy-"));
  let code = "";
  before(async function () {
    this.timeout(60_000);
    code = await bundleOf("extension/editorProxy.ts");
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  let count = 0;
  /** Asks as the extension does, in an editor whose proxy agent is this module, or which has none. */
  function ask(agent: string | undefined, where = "node_modules"): Promise<string> {
    const appRoot = join(folder, String(++count));
    const path = join(appRoot, where, "@vscode", "proxy-agent");
    mkdirSync(path, { recursive: true });
    if (agent !== undefined) writeFileSync(join(path, "index.js"), agent);
    const require = createRequire(import.meta.url);
    const module = { exports: {} as { resolveProxy(url: string): Promise<string> } };
    new Function("require", "module", "exports", code)(
      (name: string) => (name === "vscode" ? { env: { appRoot } } : require(name)),
      module,
      module.exports,
    );
    return module.exports.resolveProxy(URL_OF_HUB);
  }

  it("is asked of the module of its proxy agent, wherever that is", async () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the code of a module.
    const agent = "exports.resolveProxyURL = async (url) => `http://proxy-of-${new URL(url).hostname}:3128`;";
    assert.equal(await ask(agent), "PROXY proxy-of-huggingface.co:3128");
    assert.equal(await ask(agent, "node_modules.asar"), "PROXY proxy-of-huggingface.co:3128");
  });

  it("is none where VS Code has no such module or function, goes directly, or fails", async () => {
    assert.equal(await ask(undefined), "");
    assert.equal(await ask("exports.other = 1;"), "");
    assert.equal(await ask("exports.resolveProxyURL = async () => undefined;"), "");
    assert.equal(await ask("exports.resolveProxyURL = () => { throw new Error('no'); };"), "");
    assert.equal(await ask("exports.resolveProxyURL = async () => { throw new Error('no'); };"), "");
  });
});
