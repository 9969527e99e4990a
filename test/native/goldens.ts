/** Helpers for the tests with golden files: reading them and comparing logits. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type ActivationKind, GREEDY, type NativeModel } from "../../engine/native.ts";

export interface Prompt {
  name: string;
  tokens: number[];
}

export interface Reference {
  name: string;
  greedy32: number[];
}

/** The folder of golden files; undefined when nobody has named one. */
export const golden = process.env.STERNA_GOLDEN;

export async function json<T>(name: string): Promise<T> {
  return JSON.parse(await readFile(join(golden ?? "", name), "utf8")) as T;
}

export async function floats(name: string): Promise<Float32Array> {
  const bytes = await readFile(join(golden ?? "", name));
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

/** The largest and the mean absolute difference, and the share of rows whose largest entry is at the same place. */
export function compare(ours: Float32Array, theirs: Float32Array, vocab: number) {
  assert.equal(ours.length, theirs.length);
  let max = 0;
  let sum = 0;
  ours.forEach((value, i) => {
    const difference = Math.abs(value - theirs[i]!);
    // Written so that NaN counts as the largest difference.
    if (!(difference <= max)) max = difference;
    sum += difference;
  });
  const rows = ours.length / vocab;
  const top = (all: Float32Array, row: number) => {
    const part = all.subarray(row * vocab, (row + 1) * vocab);
    return part.reduce((best, value, i) => (value > part[best]! ? i : best), 0);
  };
  let same = 0;
  for (let row = 0; row < rows; row++) if (top(ours, row) === top(theirs, row)) same++;
  return { max, mean: sum / ours.length, sameTop: same / rows };
}

export async function allLogits(
  model: NativeModel,
  prompts: Prompt[],
  activations: ActivationKind,
): Promise<Float32Array> {
  const parts: Float32Array[] = [];
  for (const prompt of prompts) parts.push(await model.logits(Uint32Array.from(prompt.tokens), activations));
  const out = new Float32Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

export async function greedy32(model: NativeModel, prompt: Prompt, activations: ActivationKind): Promise<number[]> {
  const result = await model.generate({
    tokens: Uint32Array.from(prompt.tokens),
    maxTokens: 32,
    sampling: GREEDY,
    stop: [],
    stopTokens: new Uint32Array(),
    priority: 0,
    activations,
  }).done;
  return Array.from(result.tokens);
}
