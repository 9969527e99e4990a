/**
 * Requests and notifications whose parameters are checked where they arrive. The shape is declared once, as a schema,
 * and its TypeScript type is derived from it.
 */
import * as v from "valibot";
import { NotificationType, RequestType } from "vscode-jsonrpc";

export class CheckedRequest<Params, Result> extends RequestType<Params, Result, void> {
  readonly schema: v.GenericSchema<unknown, Params>;

  constructor(method: string, schema: v.GenericSchema<unknown, Params>) {
    super(method);
    this.schema = schema;
  }
}

export class CheckedNotification<Params> extends NotificationType<Params> {
  readonly schema: v.GenericSchema<unknown, Params>;

  constructor(method: string, schema: v.GenericSchema<unknown, Params>) {
    super(method);
    this.schema = schema;
  }
}

/** Declares a request by the schema of its parameters. The result's type is given as a type argument. */
export function request<Result>() {
  return <Schema extends v.GenericSchema>(method: string, schema: Schema) =>
    new CheckedRequest<v.InferOutput<Schema>, Result>(
      method,
      schema as v.GenericSchema<unknown, v.InferOutput<Schema>>,
    );
}

export function notification<Schema extends v.GenericSchema>(method: string, schema: Schema) {
  return new CheckedNotification<v.InferOutput<Schema>>(
    method,
    schema as v.GenericSchema<unknown, v.InferOutput<Schema>>,
  );
}

/** The parameters do not have the declared shape; the message says where. */
export class ShapeError extends Error {
  override name = "ShapeError";
}

/**
 * The parameters, if they have the declared shape. Fields that the schema does not know are left out.
 * @throws ShapeError
 */
export function checked<Params>(
  { method, schema }: { method: string; schema: v.GenericSchema<unknown, Params> },
  params: unknown,
): Params {
  const read = v.safeParse(schema, params);
  if (read.success) return read.output;
  const [first] = read.issues;
  const path = v.getDotPath(first);
  throw new ShapeError(
    `"${method}" has other parameters than declared${path ? `, at ${path}` : ""}: ${first.message}.`,
  );
}

export const text = v.string();
/** A finite number. JSON has no NaN and no infinities. */
export const number = v.pipe(v.number(), v.finite());
/** Offsets, lines, versions, counts and identifiers. */
export const count = v.pipe(v.number(), v.integer(), v.minValue(0));
