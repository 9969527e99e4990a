/**
 * The proxy that VS Code would use for an address, with proxy scripts (PAC) and the system's settings considered. There
 * is no API for it: VS Code attaches the function that its own requests use to the module of its proxy agent.
 */
import { join } from "node:path";
import * as vscode from "vscode";
import { asScriptAnswer } from "./proxyAnswer.ts";

/** Where VS Code keeps its modules; the first one in older desktop versions. */
const FOLDERS = ["node_modules.asar", "node_modules"];
/** Milliseconds to wait: a proxy script may have to be fetched first. */
const LONGEST_MS = 5_000;

type Resolve = (url: string) => Promise<unknown>;

/**
 * The proxy in the form of proxy scripts, such as "PROXY proxy:8080"; "" where VS Code connects directly or gives no
 * answer.
 */
export async function resolveProxy(url: string): Promise<string> {
  const resolve = findResolver();
  if (resolve === undefined || !URL.canParse(url)) return "";
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((done) => {
    timer = setTimeout(done, LONGEST_MS, undefined);
  });
  const answer = await Promise.race([resolve(url).catch(() => undefined), late]);
  clearTimeout(timer);
  return asScriptAnswer(answer);
}

function findResolver(): Resolve | undefined {
  for (const folder of FOLDERS) {
    try {
      const agent: unknown = require(join(vscode.env.appRoot, folder, "@vscode", "proxy-agent"));
      const { resolveProxyURL } = (agent ?? {}) as { resolveProxyURL?: unknown };
      if (typeof resolveProxyURL === "function") return async (url) => resolveProxyURL(url);
    } catch {
      // This version has no such module.
    }
  }
  return undefined;
}
