/** One VS Code server and one Chromium for the tests of a file, with the packaged extension installed. */
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { BrowserContext } from "playwright-core";
import { launchChromium } from "../../scripts/lib/chromium.mjs";
import { temporaryFolder } from "../../scripts/lib/process.mjs";
import { startServer } from "../../scripts/lib/vscode-server.mjs";
import { Workbench } from "../../scripts/lib/workbench.mjs";
import { root } from "../unit/root.ts";

const ARTIFACTS = path.join(root, "artifacts");

export interface Session {
  workbench: Workbench;
  /** Saves a picture of the page under artifacts/. */
  picture(name: string): Promise<void>;
  /** Closes the window and opens another on the same folder; `between` is called when there is no window. */
  reopen(between?: () => void): Promise<void>;
  close(): Promise<void>;
}

/**
 * Starts everything and waits until the engine is ready. STERNA_VSIX names the package.
 * @param machineSettings settings of the machine, which no workspace may set
 */
export async function startSession(machineSettings: Record<string, unknown> = {}): Promise<Session> {
  const vsix = process.env.STERNA_VSIX;
  if (vsix === undefined) {
    throw new Error("STERNA_VSIX names no package: run these tests with npm test -- --only ui");
  }
  const work = temporaryFolder("ui");
  const sample = path.join(work, "sample");
  cpSync(path.join(root, "test/fixtures/sample"), sample, { recursive: true });
  const dataFolder = path.join(work, "server");
  mkdirSync(path.join(dataFolder, "data/Machine"), { recursive: true });
  writeFileSync(path.join(dataFolder, "data/Machine/settings.json"), JSON.stringify(machineSettings));
  const server = await startServer({ dataFolder, vsix });
  let context: BrowserContext | undefined;
  const close = async () => {
    await context?.browser()?.close();
    await server.stop();
  };
  try {
    const opened = await launchChromium();
    context = opened;
    const workbench = await Workbench.open(opened, server.origin, sample);
    await workbench.waitForStatus(/ready/);
    const session: Session = {
      workbench,
      picture: (name) => savePicture(session.workbench.page, name),
      async reopen(between) {
        await session.workbench.page.close();
        between?.();
        session.workbench = await Workbench.open(opened, server.origin, sample);
        await session.workbench.waitForStatus(/ready/);
      },
      close,
    };
    return session;
  } catch (error) {
    await close();
    throw error;
  }
}

export async function savePicture(page: Workbench["page"], name: string): Promise<void> {
  mkdirSync(ARTIFACTS, { recursive: true });
  await page.screenshot({ path: path.join(ARTIFACTS, `${name}.png`) });
}
