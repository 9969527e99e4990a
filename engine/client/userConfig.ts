/** The user's settings, whatever the editor: turns the settings in the manifest into the engine's. */
import { type DownloadSettings, type EngineSettings, PASSED_ON } from "../protocol/settings.ts";

export interface Config {
  enabled: boolean;
  /** Whether to propose next edits. */
  nextEdits: boolean;
  languages: Record<string, boolean>;
  /** Globs of files that are not read. */
  exclude: Record<string, boolean>;
  /** Whether to read files that git ignores. */
  readsIgnored: boolean;
  /** The setting "sterna.repository.index". */
  indexesRepository: boolean;
  /** The setting "sterna.repository.dependencies": whether the index has what open files import of packages, too. */
  readsPackages: boolean;
  engine: EngineSettings;
}

/** Reads a setting by its name without the section, such as "inline.mode". */
type GetSetting = <T extends boolean | number | string | object | null>(key: string) => T;

/** @param serverKey is passed separately, because settings hold no secrets. @param proxy the editor's own settings. */
export function configFrom(get: GetSetting, serverKey: string, proxy: Omit<DownloadSettings, "mirror">): Config {
  const passedOn = settingsPassedOn(get);
  return {
    enabled: get<boolean>("enabled"),
    nextEdits: get<boolean>("nextEdit.enabled"),
    languages: get<Record<string, boolean>>("inline.languages"),
    exclude: get<Record<string, boolean>>("inline.exclude"),
    readsIgnored: get<boolean>("readIgnoredFiles"),
    indexesRepository: get<boolean>("repository.index") && passedOn.ownFileOnly !== true,
    readsPackages: get<boolean>("repository.dependencies"),
    engine: {
      ...passedOn,
      model: get<string>("model").trim(),
      cachePrecision: get<string>("cachePrecision") === "int8" ? "int8" : "f16",
      mode: modeOf(get<string>("inline.mode")),
      chatModel: get<string>("chatModel").trim(),
      server: {
        address: get<string>("server.address").trim(),
        model: get<string>("server.model").trim(),
        key: serverKey,
        contextTokens: get<number>("server.contextTokens"),
        allowHttp: get<boolean>("server.allowHttp"),
      },
      download: { mirror: get<string>("models.mirror").trim(), ...proxy },
    },
  };
}

type SettingsPassedOn = Pick<EngineSettings, keyof typeof PASSED_ON>;

/** The settings that the engine gets as they are. A test compares their types with those of the manifest's defaults. */
function settingsPassedOn(get: GetSetting): SettingsPassedOn {
  const values = Object.entries(PASSED_ON).map(([name, key]) => [name, get(key)]);
  return Object.fromEntries(values) as SettingsPassedOn;
}

/** The settings that decide which files may be read, as a text to compare. */
export function readingRules({ exclude, readsIgnored }: Config): string {
  return JSON.stringify([exclude, readsIgnored]);
}

/** The settings that decide whether there is an index, and of what, as a text to compare. */
export function indexSwitches({ indexesRepository, readsPackages }: Config): string {
  return JSON.stringify([indexesRepository, readsPackages]);
}

/** The value, or the default when its type differs from the default's, as in a file edited by hand. */
export function fitting<T>(value: unknown, fallback: T): T {
  // A default of null stands for a number that the engine chooses.
  const isFit = fallback === null ? typeof value === "number" : typeof value === typeof fallback && value !== null;
  return isFit ? (value as T) : fallback;
}

function modeOf(value: string): EngineSettings["mode"] {
  return value === "subtle" || value === "balanced" ? value : "eager";
}
