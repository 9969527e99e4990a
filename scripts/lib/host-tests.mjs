/** Runs the mocha suite of test/host inside a real VS Code: a desktop one, or the server with Chromium. */
import { createWriteStream, mkdirSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { launchChromium } from "./chromium.mjs";
import { root } from "./process.mjs";
import { installServer, QUIET_SETTINGS, startServer } from "./vscode-server.mjs";

/**
 * @typedef {object} HostRun
 * @property {string} workspace Folder to open.
 * @property {string} dataFolder For the user's and the server's data.
 * @property {string} tests Module that exports `run()`.
 * @property {string} log File for the output.
 * @property {Record<string, string>} env
 * @property {number} timeoutMs
 */

/** @param {string} executable @param {HostRun} run @returns {Promise<number>} The exit code. */
export async function runInDesktop(executable, run) {
  const { runTests } = await import("@vscode/test-electron");
  const user = `${run.dataFolder}/User`;
  mkdirSync(user, { recursive: true });
  writeFileSync(`${user}/settings.json`, JSON.stringify(QUIET_SETTINGS));
  const folders = ["--user-data-dir", run.dataFolder, "--extensions-dir", `${run.dataFolder}/ext`];
  const launchArgs = [run.workspace, ...folders, "--disable-extensions", "--disable-workspace-trust", "--no-sandbox"];
  return await runTests({
    vscodeExecutablePath: executable,
    extensionDevelopmentPath: root,
    extensionTestsPath: run.tests,
    extensionTestsEnv: run.env,
    launchArgs,
  }).catch((error) => (typeof error?.code === "number" ? error.code : 1));
}

/** @param {HostRun} run @returns {Promise<number>} The exit code; -1 when the time was up. */
export async function runInServer(run) {
  await installServer();
  const log = createWriteStream(run.log);
  const server = await startServer({ dataFolder: run.dataFolder, testDriver: true, env: run.env });
  const context = await launchChromium();
  try {
    const page = await context.newPage();
    // The workbench calls these two functions when it was started with a payload that names tests.
    const ended = new Promise((resolve) => page.exposeFunction("codeAutomationExit", resolve));
    await page.exposeFunction("codeAutomationLog", (/** @type {string} */ type, /** @type {unknown[]} */ args) => {
      log.write(`[${type}] ${args.map((arg) => (typeof arg === "string" ? arg : JSON.stringify(arg))).join(" ")}\n`);
    });
    const remote = (/** @type {string} */ file) =>
      `vscode-remote://127.0.0.1:${server.port}${pathToFileURL(file).pathname}`;
    const payload = JSON.stringify([
      ["extensionDevelopmentPath", remote(root)],
      ["extensionTestsPath", remote(run.tests)],
    ]);
    await page.goto(`${server.origin}/?${new URLSearchParams({ folder: run.workspace, payload })}`);
    const timeout = new Promise((resolve) => setTimeout(resolve, run.timeoutMs, -1).unref());
    return await Promise.race([ended, timeout]);
  } finally {
    await context.browser()?.close();
    await server.stop();
    log.end();
  }
}
