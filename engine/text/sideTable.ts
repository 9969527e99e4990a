/**
 * Keeps a value beside each of some objects, like a WeakMap. The value is held by its object itself, so that both go
 * together. In an old WeakMap, a value that refers to its key keeps both in memory until V8 collects all garbage, and the
 * quick collections of new objects before that, which take as long as what is left is large, have to copy them.
 */
export class SideTable<Owner extends object, Value> {
  readonly #key = Symbol("value of a side table");

  get(owner: Owner): Value | undefined {
    return (owner as Readonly<Record<symbol, Value | undefined>>)[this.#key];
  }

  has(owner: Owner): boolean {
    return Object.hasOwn(owner, this.#key);
  }

  /** The property cannot be enumerated, so that copies of the object do not get its value. */
  set(owner: Owner, value: Value): void {
    Object.defineProperty(owner, this.#key, { value, writable: true, configurable: true });
  }
}
