import assert from "node:assert/strict";
import { engineEnvironment, meaningfulEnvironment } from "../../../engine/client/environment.ts";

const given = (names: string[]) => Object.fromEntries(names.map((name) => [name, `value of ${name}`]));

describe("the engine's environment", () => {
  const kept = {
    "the user's and temporary folders": ["HOME", "TMPDIR", "XDG_RUNTIME_DIR"],
    "what Windows needs, as it spells it": ["SystemRoot", "windir", "Path", "LOCALAPPDATA", "USERPROFILE", "TEMP"],
    "the way out": ["HTTPS_PROXY", "http_proxy", "NO_PROXY", "ALL_PROXY", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"],
    "its own switches": ["STERNA_ADDON"],
    "how libraries are found": ["LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "NIX_LD_LIBRARY_PATH", "ASAN_OPTIONS"],
    "the language": ["LANG", "LC_ALL", "TZ"],
  };
  for (const [what, names] of Object.entries(kept)) {
    it(`has ${what}`, () => {
      assert.deepEqual(engineEnvironment(given(names)), { ...given(names), ELECTRON_RUN_AS_NODE: "1" });
    });
  }

  const withheld = {
    "keys of other programs": ["AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "NPM_TOKEN", "SSH_AUTH_SOCK", "OPENAI_API_KEY"],
    "what the extension host was started with": ["NODE_OPTIONS", "VSCODE_INSPECTOR_OPTIONS", "VSCODE_IPC_HOOK"],
    "names that only look alike": ["HOMEPAGE_TOKEN", "MY_HTTP_PROXY", "BUILD_PATH", "OLD_LD_PRELOAD", "TEMPLATE_KEY"],
  };
  for (const [what, names] of Object.entries(withheld)) {
    it(`lacks ${what}`, () => {
      assert.deepEqual(engineEnvironment(given(names)), { ELECTRON_RUN_AS_NODE: "1" });
    });
  }

  it("means the same in whatever order it comes, and whatever else is in it", () => {
    const env = { STERNA_A: "1", https_proxy: "p", HOME: "/home/me", PATH: "/bin", TOKEN: "t" };
    const other = { https_proxy: "p", TOKEN: "u", STERNA_A: "1", HOME: "/home/you" };
    assert.deepEqual(meaningfulEnvironment(env), meaningfulEnvironment(other));
    assert.deepEqual(meaningfulEnvironment(env), [
      ["STERNA_A", "1"],
      ["https_proxy", "p"],
    ]);
  });
});
