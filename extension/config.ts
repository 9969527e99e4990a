/**
 * The only reader of settings. Paths and what costs memory or time are machine-scoped in the manifest, so that a
 * workspace cannot set them.
 */
import * as vscode from "vscode";
import type { DownloadSettings, EngineSettings } from "../engine/protocol/settings.ts";

const SECTION = "sterna";

export interface Config {
  enabled: boolean;
  languages: Record<string, boolean>;
  /** Globs of files without suggestions, of which nothing is read. */
  exclude: Record<string, boolean>;
  engine: EngineSettings;
}

/** @param serverKey out of the secret storage; settings hold no secrets */
export function readConfig(serverKey = ""): Config {
  const section = vscode.workspace.getConfiguration(SECTION);
  // The manifest holds the defaults; a value of another type (a hand-edited file) counts as the default.
  const get = <T extends boolean | number | string | object | null>(key: string): T => {
    const value: unknown = section.get(key);
    const fallback = section.inspect<T>(key)?.defaultValue as T;
    // Null stands for a number that the engine chooses.
    const isFit = fallback === null ? typeof value === "number" : typeof value === typeof fallback && value !== null;
    return isFit ? (value as T) : fallback;
  };
  return {
    enabled: get<boolean>("enabled"),
    languages: get<Record<string, boolean>>("inline.languages"),
    exclude: get<Record<string, boolean>>("inline.exclude"),
    engine: {
      model: get<string>("model").trim(),
      threads: get<number>("threads"),
      cacheMegabytes: get<number>("cacheMegabytes"),
      maxTokens: get<number>("inline.maxTokens"),
      debounceMs: get<number | null>("inline.debounceMs"),
      mode: get<string>("inline.mode") === "subtle" ? "subtle" : "eager",
      onBattery: get<boolean>("inline.onBattery"),
      chatModel: get<string>("chatModel").trim(),
      unloadMinutes: get<number>("unloadMinutes"),
      server: {
        address: get<string>("server.address").trim(),
        model: get<string>("server.model").trim(),
        key: serverKey,
        contextTokens: get<number>("server.contextTokens"),
        allowHttp: get<boolean>("server.allowHttp"),
      },
      download: { mirror: get<string>("models.mirror").trim(), ...readProxy() },
    },
  };
}

/** VS Code's own settings for the way out. */
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

/** Names the model in the user's settings; "" is the built-in one. */
export function setModel(setting: "model" | "chatModel", path: string): Thenable<void> {
  return vscode.workspace.getConfiguration(SECTION).update(setting, path, vscode.ConfigurationTarget.Global);
}

export function setEnabled(enabled: boolean): Thenable<void> {
  return vscode.workspace.getConfiguration(SECTION).update("enabled", enabled, vscode.ConfigurationTarget.Global);
}

export function onConfigChange(listener: () => void): vscode.Disposable {
  return vscode.workspace.onDidChangeConfiguration((event) => {
    if (event.affectsConfiguration(SECTION) || event.affectsConfiguration("http")) {
      listener();
    }
  });
}
