import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { configFrom } from "../../../engine/client/userConfig.ts";
import { engineSettings, PASSED_ON } from "../../../engine/protocol/settings.ts";
import { root } from "../root.ts";

interface Manifest {
  main: string;
  icon: string;
  capabilities: { untrustedWorkspaces: { restrictedConfigurations: string[] } };
  contributes: {
    commands: { command: string }[];
    keybindings: { command: string }[];
    submenus: { id: string }[];
    menus: Record<string, { command?: string; submenu?: string; when?: string }[]>;
    configuration: { properties: Record<string, { scope?: string; default: unknown }> };
    viewsContainers: { activitybar: { id: string; icon: string }[] };
    walkthroughs: { steps: { description: string; media: { image?: string; markdown?: string } }[] }[];
    views: Record<string, { id: string; type: string }[]>;
  };
}

const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Manifest;
const { contributes } = manifest;
/** All of the extension's sources. */
const sources = () =>
  readdirSync(join(root, "extension"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => readFileSync(join(root, "extension", name), "utf8"))
    .join("\n");
const source = (path: string) => readFileSync(join(root, "extension", path), "utf8");

describe("the manifest", () => {
  it("contributes exactly the commands that the extension registers for people", () => {
    const registered = [...sources().matchAll(/\b(?:command|ask)\(\s*"(sterna\.\w+)"/g)].map(([, name]) => name);
    assert.deepEqual(contributes.commands.map(({ command }) => command).sort(), registered.sort());
  });

  it("binds keys and menus to contributed commands", () => {
    const commands = new Set(contributes.commands.map(({ command }) => command));
    const menus = new Set(contributes.submenus.map(({ id }) => id));
    const used = [...contributes.keybindings, ...Object.values(contributes.menus).flat()];
    const isKnown = ({ command, submenu }: (typeof contributes.menus)[string][number]) =>
      submenu === undefined ? command !== undefined && commands.has(command) : menus.has(submenu);
    assert.deepEqual(
      used.filter((entry) => !isKnown(entry)),
      [],
    );
  });

  it("declares exactly the settings that are read", () => {
    const read = [...source("../engine/client/userConfig.ts").matchAll(/get<[^"]*>\("([\w.]+)"\)/g)].map(
      ([, key]) => `sterna.${key}`,
    );
    const passedOn = Object.values(PASSED_ON).map((key) => `sterna.${key}`);
    assert.deepEqual(Object.keys(contributes.configuration.properties).sort(), [...read, ...passedOn].sort());
  });

  it("has defaults of the types that the engine accepts", () => {
    const get = (key: string) => contributes.configuration.properties[`sterna.${key}`]?.default as never;
    const { engine } = configFrom(get, "", { proxy: "", noProxy: [], strictSsl: true });
    assert.deepEqual(v.parse(engineSettings, engine), engine);
  });

  it("lets no workspace choose the model file, the threads, the memory or the server", () => {
    for (const key of [
      "sterna.model",
      "sterna.chatModel",
      "sterna.threads",
      "sterna.cacheMegabytes",
      "sterna.unloadMinutes",
      "sterna.models.mirror",
      "sterna.server.address",
      "sterna.server.model",
      "sterna.server.contextTokens",
      "sterna.server.allowHttp",
    ]) {
      assert.equal(contributes.configuration.properties[key]?.scope, "machine", key);
    }
  });

  it("has the chat view in its own container, and its pictures exist", () => {
    const [container] = contributes.viewsContainers.activitybar;
    assert.deepEqual(
      contributes.views[container?.id ?? ""]?.map(({ id, type }) => [id, type]),
      [
        ["sterna.chat", "webview"],
        ["sterna.models", undefined],
      ],
    );
    const pictures = contributes.walkthroughs.flatMap(({ steps }) =>
      steps.map(({ media }) => media.image ?? media.markdown ?? ""),
    );
    assert.ok(pictures.length > 0);
    for (const file of [manifest.icon, container?.icon ?? "", ...pictures]) {
      assert.ok(existsSync(join(root, file)), file);
    }
  });

  it("leads the steps of the walkthrough to commands that exist", () => {
    const known = new Set(contributes.commands.map(({ command }) => command));
    const links = contributes.walkthroughs.flatMap(({ steps }) =>
      steps.flatMap(({ description }) => [...description.matchAll(/\(command:([\w.]+)/g)].map(([, name = ""]) => name)),
    );
    assert.ok(links.length >= 4);
    for (const link of links) assert.ok(known.has(link) || /^(sterna\.chat\.focus|workbench\.)/.test(link), link);
  });

  it("lets no workspace that is not trusted make the extension read more", () => {
    const { restrictedConfigurations } = manifest.capabilities.untrustedWorkspaces;
    assert.deepEqual(restrictedConfigurations, ["sterna.inline.exclude", "sterna.readIgnoredFiles"]);
  });

  it("shows no command that needs a chat model in a menu where the model in use cannot chat", () => {
    const needs = [...sources().matchAll(/\bask\(\s*"(sterna\.\w+)"/g)].map(([, name]) => name);
    const shown = Object.values(contributes.menus).flat();
    assert.ok(needs.length >= 9);
    for (const { command, when } of shown.filter((entry) => needs.includes(entry.command ?? ""))) {
      assert.match(when ?? "", /!sterna\.cannotChat/, command);
    }
  });
});
