/** One VS Code server and one Chromium for the tests in a file, with the packaged extension installed. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { BrowserContext } from "playwright-core";
import { launchChromium } from "../../scripts/lib/chromium.mjs";
import { temporaryFolder } from "../../scripts/lib/process.mjs";
import { startServer } from "../../scripts/lib/vscode-server.mjs";
import { Workbench } from "../../scripts/lib/workbench.mjs";
import { KINDS, writeCheckpoint } from "../native/syntheticCheckpoint.ts";
import { root } from "../unit/root.ts";

const ARTIFACTS = path.join(root, "artifacts");

export interface Session {
  workbench: Workbench;
  /** The folder that is open: a copy of the sample project. */
  folder: string;
  /** Saves a screenshot under artifacts/. */
  picture(name: string): Promise<void>;
  /** Closes the window and opens another on the same folder; `between` is called while there is none. */
  reopen(between?: () => void): Promise<void>;
  /** Opens another window on a folder, with its engine ready. */
  openWindow(folder: string): Promise<Workbench>;
  /** Process id of the engine for all windows. One that was killed is back after a moment. */
  enginePid(): Promise<number>;
  /** Process ids of the extension hosts, one for each window. */
  hostPids(): number[];
  close(): Promise<void>;
}

/**
 * Starts everything and waits until the engine is ready. STERNA_VSIX names the package.
 * @param machineSettings settings of the machine, which no workspace may set
 * @param prepare is given the folder of the installed extension before it starts
 */
export async function startSession(
  machineSettings: Record<string, unknown> = {},
  prepare: (extension: string) => void = () => {},
): Promise<Session> {
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
    const installed = readdirSync(path.join(dataFolder, "ext")).find((name) => name.startsWith("sterna."));
    assert.ok(installed !== undefined, "the extension is not installed");
    prepare(path.join(dataFolder, "ext", installed));
    const opened = await launchChromium();
    context = opened;
    const openWindow = async (folder: string) => {
      const workbench = await Workbench.open(opened, server.origin, folder);
      await workbench.waitForStatus(/ready/);
      return workbench;
    };
    const workbench = await openWindow(sample);
    const session: Session = {
      workbench,
      folder: sample,
      picture: (name) => savePicture(session.workbench.page, name),
      async reopen(between) {
        await session.workbench.page.close();
        between?.();
        session.workbench = await openWindow(sample);
      },
      openWindow,
      async enginePid() {
        for (const end = Date.now() + 10_000; ; await new Promise((resolve) => setTimeout(resolve, 100))) {
          // It is found by the session's folder, because it outlives the window that started it and has no parent then.
          const all = processes().filter(({ command }) => command.includes(work) && command.includes("engine.cjs"));
          const [engine, ...others] = all.map(({ pid }) => pid);
          if (engine !== undefined && others.length === 0) return engine;
          assert.ok(Date.now() < end, `there is one engine, not ${engine === undefined ? 0 : 1 + others.length}`);
        }
      },
      hostPids() {
        const all = processes();
        const hosts = all.filter((one) => one.command.includes("--type=extensionHost") && isOurs(one, all));
        return hosts.map(({ pid }) => pid);
      },
      close,
    };
    return session;
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * Writes a small checkpoint of random weights that answers questions. Like BitNet b1.58 2B4T it has turns and cannot
 * fill in.
 */
export function writeChatCheckpoint(folder: string): void {
  const [kind] = KINDS;
  assert.ok(kind !== undefined);
  writeCheckpoint(folder, kind);
  const tokenizer = path.join(folder, "tokenizer.json");
  writeFileSync(tokenizer, readFileSync(tokenizer, "utf8").replaceAll("<|fim_", "<|reserved_"));
}

/** Settings with such a model for the chat, because the built-in model does not answer questions. */
export function chatModelSettings(): Record<string, unknown> {
  const folder = path.join(temporaryFolder("chat-model"), "checkpoint");
  writeChatCheckpoint(folder);
  return { "sterna.chatModel": folder };
}

export async function savePicture(page: Workbench["page"], name: string): Promise<void> {
  mkdirSync(ARTIFACTS, { recursive: true });
  await page.screenshot({ path: path.join(ARTIFACTS, `${name}.png`) });
}

interface Process {
  pid: number;
  parent: number;
  command: string;
}

function processes(): Process[] {
  return execFileSync("ps", ["-eo", "pid,ppid,args"], { encoding: "utf8" })
    .split("\n")
    .flatMap((line) => {
      const [, pid, parent, command = ""] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
      return pid === undefined ? [] : [{ pid: Number(pid), parent: Number(parent), command }];
    });
}

/** Whether a process is a descendant of this one. */
function isOurs({ pid, parent }: Process, all: Process[]): boolean {
  return pid === process.pid || all.some((candidate) => candidate.pid === parent && isOurs(candidate, all));
}
