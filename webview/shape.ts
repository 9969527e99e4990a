/** Reads values of unknown origin into known shapes: every field is checked, and what does not belong is left out. */

/** Gives the value in its shape. Throws {@link Mismatch} when it has another. */
export type Shape<T> = (value: unknown) => T;

export class Mismatch extends Error {
  override name = "Mismatch";
}

/** Far more than anybody types or a model writes. */
const LONGEST = 1_000_000;

export const text: Shape<string> = (value) => {
  if (typeof value === "string" && value.length <= LONGEST) {
    return value;
  }
  throw new Mismatch();
};

export const number: Shape<number> = (value) => {
  if (typeof value === "number" && Number.isFinite(value)) {
    return value;
  }
  throw new Mismatch();
};

export const flag: Shape<boolean> = (value) => {
  if (typeof value === "boolean") {
    return value;
  }
  throw new Mismatch();
};

export function one<T extends string>(...values: T[]): Shape<T> {
  return (value) => {
    const found = values.find((candidate) => candidate === value);
    if (found === undefined) {
      throw new Mismatch();
    }
    return found;
  };
}

export function list<T>(item: Shape<T>): Shape<T[]> {
  return (value) => {
    if (!Array.isArray(value)) {
      throw new Mismatch();
    }
    return value.map(item);
  };
}

type Fields<T> = { [K in keyof T]-?: Shape<NonNullable<T[K]>> };

/** @param optional fields that may be missing. */
export function record<T extends object>(fields: Fields<T>, optional: (keyof T & string)[] = []): Shape<T> {
  return (value) => {
    if (typeof value !== "object" || value === null) {
      throw new Mismatch();
    }
    const result: Record<string, unknown> = {};
    for (const [name, shape] of Object.entries<Shape<unknown>>(fields)) {
      const field = Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
      if (field !== undefined || !optional.some((other) => other === name)) {
        result[name] = shape(field);
      }
    }
    return result as T;
  };
}

/** Messages by their type. */
export type Shapes<M extends { type: string }> = { [T in M["type"]]: Shape<Omit<Extract<M, { type: T }>, "type">> };

/** The message, or undefined when it is none of these. */
export function parse<M extends { type: string }>(shapes: Shapes<M>, value: unknown): M | undefined {
  if (typeof value !== "object" || value === null || !("type" in value) || typeof value.type !== "string") {
    return undefined;
  }
  if (!Object.hasOwn(shapes, value.type)) {
    return undefined;
  }
  try {
    const shape = shapes[value.type as M["type"]];
    return { ...shape(value), type: value.type } as unknown as M;
  } catch (error) {
    if (error instanceof Mismatch) {
      return undefined;
    }
    throw error;
  }
}
