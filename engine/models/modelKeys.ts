import type { ModelFile, ModelValue, StringTable } from "./modelFile.ts";
import { ADVICE_DAMAGED, ModelFileError } from "./modelFileError.ts";

/** Typed look-ups in the keys of a model file. Each throws ModelFileError when the key has another type or range. */
export class ModelKeys {
  readonly #modelFile: ModelFile;

  constructor(modelFile: ModelFile) {
    this.#modelFile = modelFile;
  }

  #fail(key: string, problem: string): never {
    throw new ModelFileError(this.#modelFile.path, `key ${key}`, problem, ADVICE_DAMAGED);
  }

  #find<K extends ModelValue["kind"]>(key: string, kind: K): Extract<ModelValue, { kind: K }> | undefined {
    const entry = this.#modelFile.values.get(key);
    if (entry === undefined) return undefined;
    if (entry.kind !== kind) this.#fail(key, `is of the wrong type (${entry.kind} instead of ${kind})`);
    return entry as Extract<ModelValue, { kind: K }>;
  }

  has(key: string): boolean {
    return this.#modelFile.values.has(key);
  }

  /** The first of `keys` that the file has. */
  first(...keys: string[]): string | undefined {
    return keys.find((key) => this.has(key));
  }

  missing(key: string): never {
    this.#fail(key, "is missing");
  }

  text(key: string): string | undefined {
    return this.#find(key, "string")?.value;
  }

  bool(key: string): boolean | undefined {
    return this.#find(key, "bool")?.value;
  }

  strings(key: string): StringTable | undefined {
    return this.#find(key, "strings")?.value;
  }

  numbers(key: string): Float64Array | undefined {
    return this.#find(key, "numbers")?.value;
  }

  /** An integer of at least `low` and at most `high`. */
  integer(key: string, low: number, high: number): number | undefined {
    const value = this.#find(key, "number")?.value;
    if (value === undefined) return undefined;
    if (!Number.isInteger(value) || value < low || value > high) {
      this.#fail(key, `is ${value}, not a whole number from ${low} to ${high}`);
    }
    return value;
  }

  requiredInteger(key: string, low: number, high: number): number {
    return this.integer(key, low, high) ?? this.missing(key);
  }

  /** A number above `low` and below `high`, both before and after it is rounded to f32. */
  between(key: string, low: number, high: number): number | undefined {
    const value = this.#find(key, "number")?.value;
    if (value === undefined) return undefined;
    const single = Math.fround(value);
    if (!(single > low && single < high)) this.#fail(key, `is ${value}, not a number between ${low} and ${high}`);
    return single;
  }
}
