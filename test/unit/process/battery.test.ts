import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { Battery, onBattery } from "../../../engine/process/battery.ts";
import { temporaryFolder } from "../models/folder.ts";
import { until } from "../support/until.ts";

type Supply = { type: string; online?: string; status?: string; scope?: string };

describe("the machine runs on battery", () => {
  const folder = temporaryFolder();
  let count = 0;
  const machine = (...supplies: Supply[]): string => {
    const root = folder.path(`power-${count++}`);
    for (const [index, supply] of supplies.entries()) {
      mkdirSync(`${root}/supply${index}`, { recursive: true });
      for (const [file, text] of Object.entries(supply)) writeFileSync(`${root}/supply${index}/${file}`, `${text}\n`);
    }
    return root;
  };
  const discharging: Supply = { type: "Battery", status: "Discharging" };

  const rows: [what: string, supplies: Supply[], expected: boolean][] = [
    ["no supply known", [], false],
    ["a battery that is discharged", [discharging], true],
    ["the same with the plug out", [discharging, { type: "Mains", online: "0" }], true],
    ["the same with the plug in", [discharging, { type: "Mains", online: "1" }], false],
    ["the same with a charger on USB", [discharging, { type: "USB", online: "1" }], false],
    ["a full battery", [{ type: "Battery", status: "Full" }], false],
    ["a mouse", [{ ...discharging, scope: "Device" }], false],
  ];
  for (const [what, supplies, expected] of rows) {
    it(`with ${what}: ${expected}`, async () => assert.equal(await onBattery(machine(...supplies)), expected));
  }

  it("as of at most half a minute ago, without a wait", async () => {
    let now = 0;
    const battery = new Battery(() => now, machine(discharging));
    assert.equal(battery.inUse, false);
    await until(() => battery.inUse);
    now = 29_000;
    assert.equal(battery.inUse, true);
  });
});
