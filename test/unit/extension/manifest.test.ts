import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../root.ts";

interface Manifest {
  main: string;
  icon: string;
  contributes: {
    commands: { command: string }[];
    keybindings: { command: string }[];
    submenus: { id: string }[];
    menus: Record<string, { command?: string; submenu?: string }[]>;
    configuration: { properties: Record<string, { scope?: string; default: unknown }> };
    viewsContainers: { activitybar: { id: string; icon: string }[] };
    walkthroughs: { steps: { media: { image: string } }[] }[];
    views: Record<string, { id: string; type: string }[]>;
  };
}

const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Manifest;
const { contributes } = manifest;
const source = (path: string) => readFileSync(join(root, "extension", path), "utf8");

describe("the manifest", () => {
  it("contributes exactly the commands that the extension registers for people", () => {
    const registered = [
      ...(source("main.ts") + source("commands/register.ts")).matchAll(/command\("(sterna\.\w+)"/g),
    ].map(([, name]) => name);
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
    const read = [...source("config.ts").matchAll(/get<[^"]*>\("([\w.]+)"\)/g)].map(([, key]) => `sterna.${key}`);
    assert.deepEqual(Object.keys(contributes.configuration.properties).sort(), read.sort());
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
    const pictures = contributes.walkthroughs.flatMap(({ steps }) => steps.map(({ media }) => media.image));
    assert.ok(pictures.length > 0);
    for (const file of [manifest.icon, container?.icon ?? "", ...pictures]) {
      assert.ok(existsSync(join(root, file)), file);
    }
  });
});
