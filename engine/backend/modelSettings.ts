/** The settings that a model depends on. */
import type { EngineSettings } from "../protocol/settings.ts";

/** @property server where the model is; absent, or with an empty address, when it is on this machine */
export type ModelSettings = Pick<EngineSettings, "model" | "threads" | "cacheMegabytes"> &
  Partial<Pick<EngineSettings, "contextTokens" | "cachePrecision" | "server" | "download">>;

/** Only the settings that make a difference to the model. Two windows for which they are equal share one model. */
export function relevantSettings(settings: ModelSettings): ModelSettings {
  const { model, threads, cacheMegabytes, contextTokens = 0, cachePrecision = "f16", server, download } = settings;
  if (server === undefined || server.address === "") {
    return {
      model,
      threads,
      cacheMegabytes,
      ...(contextTokens > 0 && { contextTokens }),
      ...(cachePrecision !== "f16" && { cachePrecision }),
    };
  }
  return { model, threads, cacheMegabytes, server, ...(download && { download }) };
}
