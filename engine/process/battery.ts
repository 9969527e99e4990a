/** Whether the machine runs on battery. Only Linux is supported; other systems count as plugged in. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

const POWER_SUPPLIES = "/sys/class/power_supply";
/** Milliseconds for which a reading is used before the files are read again. */
const VALID_MS = 30_000;

export class Battery {
  readonly #folder: string;
  readonly #now: () => number;
  #inUse = false;
  #asked = Number.NEGATIVE_INFINITY;

  constructor(now: () => number, folder = POWER_SUPPLIES) {
    this.#now = now;
    this.#folder = folder;
  }

  /** Returns the last known state at once; when that is old, it starts a new reading for the next call. */
  get inUse(): boolean {
    if (this.#now() - this.#asked > VALID_MS) {
      this.#asked = this.#now();
      void onBattery(this.#folder).then((inUse) => {
        this.#inUse = inUse;
      });
    }
    return this.#inUse;
  }
}

/** True when a battery is being discharged and no mains supply is connected. */
export async function onBattery(folder: string): Promise<boolean> {
  const names = await readdir(folder).catch(() => []);
  const read = (name: string, file: string) =>
    readFile(join(folder, name, file), "utf8").then(
      (text) => text.trim(),
      () => "",
    );
  const supplies = await Promise.all(
    names.map(async (name) => ({
      type: await read(name, "type"),
      online: await read(name, "online"),
      status: await read(name, "status"),
      // A mouse has a battery too; its scope is "Device".
      scope: await read(name, "scope"),
    })),
  );
  const own = supplies.filter(({ scope }) => scope !== "Device");
  const isPlugged = own.some(({ type, online }) => type !== "Battery" && online === "1");
  return !isPlugged && own.some(({ type, status }) => type === "Battery" && status === "Discharging");
}
