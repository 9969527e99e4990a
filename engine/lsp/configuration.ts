/**
 * The settings of editors other than VS Code. They have the same names and defaults as in VS Code, nested or with dots,
 * and come as `initializationOptions` or as the section "sterna" of the editor's configuration.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Config, configFrom, fitting } from "../client/userConfig.ts";

const SECTION = "sterna";

/** Defaults by name without the section, such as "inline.mode". */
export type Defaults = ReadonlyMap<string, unknown>;

/** The defaults in the manifest. @param root package root. */
export function readDefaults(root: string): Defaults {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    contributes: { configuration: Group | Group[] };
  };
  const groups = [manifest.contributes.configuration].flat();
  return new Map(
    groups
      .flatMap(({ properties }) => Object.entries(properties))
      .map(([name, { default: value }]) => [name.slice(SECTION.length + 1), value]),
  );
}

interface Group {
  properties: Record<string, { default?: unknown }>;
}

/**
 * @param layers what the client has sent, most important first: `{inline: {mode: "subtle"}}`, `{"inline.mode":
 * "subtle"}`, or either inside `{sterna: ...}`.
 */
export function configOf(layers: readonly unknown[], defaults: Defaults, env: NodeJS.ProcessEnv = {}): Config {
  const sections = layers.map((layer) => child(layer, SECTION) ?? layer);
  const get = <T extends boolean | number | string | object | null>(key: string): T => {
    const fallback = (defaults.has(key) ? defaults.get(key) : "") as T;
    // As in VS Code: what is set adds to the defaults, so that one more glob does not open the files with secrets.
    if (isPlainObject(fallback)) {
      const set = sections.map((section) => valueAt(section, key)).filter(isPlainObject);
      return Object.assign({}, fallback, ...set.reverse()) as T;
    }
    for (const section of sections) {
      const value = valueAt(section, key);
      if (value !== undefined) return fitting(value, fallback);
    }
    return fallback;
  };
  return configFrom(get, env.STERNA_SERVER_KEY ?? "", { proxy: "", noProxy: [], strictSsl: true });
}

function valueAt(section: unknown, key: string): unknown {
  const own = child(section, key) ?? child(section, `${SECTION}.${key}`);
  if (own !== undefined) return own;
  let value = section;
  for (const part of key.split(".")) value = child(value, part);
  return value;
}

function child(value: unknown, key: string): unknown {
  return isPlainObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
