import type { EngineSettings } from "../../../engine/protocol/settings.ts";

/** Settings for a test's engine: the built-in model on one thread, answering at once, except for `changed`. */
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
