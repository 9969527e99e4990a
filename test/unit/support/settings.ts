import type { EngineSettings } from "../../../engine/protocol/settings.ts";

/** The built-in model on one thread, answering at once: what a test's engine is told, but for `changed`. */
export function engineSettings(changed: Partial<EngineSettings> = {}): EngineSettings {
  return {
    model: "",
    chatModel: "",
    unloadMinutes: 0,
    download: { mirror: "", proxy: "", noProxy: [], strictSsl: true },
    server: { address: "", model: "", key: "" },
    threads: 1,
    cacheMegabytes: 0,
    maxTokens: 24,
    debounceMs: 0,
    mode: "eager",
    onBattery: true,
    ...changed,
  };
}
