/** The part of the settings that a model depends on. */
import type { EngineSettings } from "../protocol/settings.ts";

/** @property server where the model is; absent, or with an empty address, on this machine */
export type ModelSettings = Pick<EngineSettings, "model" | "threads" | "cacheMegabytes"> &
  Partial<Pick<EngineSettings, "server" | "download">>;

/** Without what makes no difference to the model: two windows whose settings are then equal share one. */
export function relevantSettings({ model, threads, cacheMegabytes, server, download }: ModelSettings): ModelSettings {
  if (server === undefined || server.address === "") return { model, threads, cacheMegabytes };
  return { model, threads, cacheMegabytes, server, ...(download && { download }) };
}
