/**
 * The only reader of settings. In the manifest, settings that name paths or servers, or that cost memory or time, have
 * the scope "machine", so that a workspace cannot set them.
 */
import * as vscode from "vscode";
import { type Config, configFrom, fitting } from "../engine/client/userConfig.ts";
import { HUB } from "../engine/protocol/models.ts";
import type { DownloadSettings } from "../engine/protocol/settings.ts";
import { resolveProxy } from "./editorProxy.ts";

const SECTION = "sterna";

/** Holds the present settings, and reports when they change. */
export class ConfigStore implements vscode.Disposable {
  readonly #serverKey: () => string;
  readonly #changed = new vscode.EventEmitter<Config>();
  readonly #subscription: vscode.Disposable;
  #current: Config;
  #proxies = NO_PROXIES;
  readonly onDidChange = this.#changed.event;

  /** @param serverKey gives the key from the secret storage, because settings hold no secrets. */
  constructor(serverKey: () => string) {
    this.#serverKey = serverKey;
    this.#current = readConfig(serverKey(), this.#proxies);
    void this.#resolveProxies();
    this.#subscription = vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration(SECTION) || event.affectsConfiguration("http")) this.refresh();
    });
  }

  get current(): Config {
    return this.#current;
  }

  /** Reads everything again, for example because the key has changed. */
  refresh(): void {
    this.#current = readConfig(this.#serverKey(), this.#proxies);
    this.#changed.fire(this.#current);
    void this.#resolveProxies();
  }

  /** Asks VS Code for its proxies where no setting names one, and reports a change of the answers. */
  async #resolveProxies(): Promise<void> {
    const { download, server } = this.#current.engine;
    const http = vscode.workspace.getConfiguration("http");
    const isAsked = http.get("proxySupport") !== "off" && download.proxy === "";
    const ask = (url: string) => (isAsked && url !== "" ? resolveProxy(url) : Promise.resolve(""));
    const proxies = { hub: await ask(download.mirror || HUB), server: await ask(server.address) };
    if (proxies.hub === this.#proxies.hub && proxies.server === this.#proxies.server) return;
    this.#proxies = proxies;
    this.#current = readConfig(this.#serverKey(), proxies);
    this.#changed.fire(this.#current);
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#changed.dispose();
  }
}

/** The answers of VS Code's proxy script, see editorProxy.ts. */
const NO_PROXIES = { hub: "", server: "" };

function readConfig(serverKey: string, proxies: typeof NO_PROXIES): Config {
  const section = vscode.workspace.getConfiguration(SECTION);
  // The manifest holds the defaults.
  const get = <T extends boolean | number | string | object | null>(key: string): T =>
    fitting(section.get(key), section.inspect<T>(key)?.defaultValue as T);
  const config = configFrom(get, serverKey, readProxy());
  if (proxies.hub !== "") config.engine.download.resolvedProxy = proxies.hub;
  if (proxies.server !== "") config.engine.server.resolvedProxy = proxies.server;
  return config;
}

/** VS Code's own proxy settings. */
function readProxy(): Omit<DownloadSettings, "mirror"> {
  const http = vscode.workspace.getConfiguration("http");
  const isOff = http.get("proxySupport") === "off";
  const noProxy: unknown = http.get("noProxy");
  return {
    proxy: isOff ? "" : String(http.get("proxy") ?? ""),
    noProxy: Array.isArray(noProxy) ? noProxy.map(String) : [],
    strictSsl: http.get("proxyStrictSSL") !== false,
  };
}

/** Writes the model's path to the user's settings; "" means the built-in model. */
export function setModel(setting: "model" | "chatModel", path: string): Thenable<void> {
  return vscode.workspace.getConfiguration(SECTION).update(setting, path, vscode.ConfigurationTarget.Global);
}

export function setEnabled(enabled: boolean): Thenable<void> {
  return vscode.workspace.getConfiguration(SECTION).update("enabled", enabled, vscode.ConfigurationTarget.Global);
}

/** Turns suggestions on or off for one language, in the user's settings. */
export function setLanguageEnabled(languages: Record<string, boolean>, id: string, enabled: boolean): Thenable<void> {
  const value = { ...languages, [id]: enabled };
  return vscode.workspace
    .getConfiguration(SECTION)
    .update("inline.languages", value, vscode.ConfigurationTarget.Global);
}

/** Adds a file to the ones that are not read: in the workspace's settings if there are any, else in the user's. */
export function setExcluded(path: string): Thenable<void> {
  const section = vscode.workspace.getConfiguration(SECTION);
  const isInWorkspace = vscode.workspace.workspaceFolders !== undefined;
  const target = isInWorkspace ? vscode.ConfigurationTarget.Workspace : vscode.ConfigurationTarget.Global;
  const inspected = section.inspect<Record<string, boolean>>("inline.exclude");
  const own = (isInWorkspace ? inspected?.workspaceValue : inspected?.globalValue) ?? {};
  // Brackets and braces have a special meaning in a glob.
  const glob = `**/${path.replaceAll(/[[\]{}*?]/g, "?")}`;
  return section.update("inline.exclude", { ...own, [glob]: true }, target);
}
