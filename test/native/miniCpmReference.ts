/**
 * MiniCPM's graph in float64, written from the description of the model: the residual stream is scaled as the keys say,
 * and nothing is folded into weights.
 */
import { KEYS, type Matrix, type MiniCpmFile, SHAPE } from "../unit/models/miniCpmSpec.ts";

export type Keys = { [K in keyof typeof KEYS]: number };

/**
 * Logits of every position, [tokens x vocab].
 * @param factors name of the tensor with the factors of the rotation's frequencies; null for none
 */
export function referenceLogits(
  { weights }: MiniCpmFile,
  tokens: readonly number[],
  keys: Keys = KEYS,
  factors: string | null = "rope_factors_short.weight",
): Float32Array {
  const get = (name: string): Matrix => {
    const matrix = weights.get(name);
    if (matrix === undefined) throw new Error(`no tensor ${name}`);
    return matrix;
  };
  const frequencies = Array.from({ length: SHAPE.headDim / 2 }, (_, pair) => {
    const factor = factors === null ? 1 : (get(factors).values[pair] ?? 1);
    return keys.theta ** ((-2 * pair) / SHAPE.headDim) / factor;
  });
  const embedding = get("token_embd.weight");
  const stream = tokens.map((token) => rowOf(embedding, token).map((value) => value * keys.embeddingScale));
  const norm = (x: Float64Array, name: string) => rmsNorm(x, get(name).values, keys.epsilon);
  const add = (x: Float64Array, y: Float64Array) => {
    y.forEach((value, i) => {
      x[i] = (x[i] ?? 0) + keys.residualScale * value;
    });
  };
  for (let n = 0; n < SHAPE.layers; n++) {
    const layer = (part: string) => get(`blk.${n}.${part}.weight`);
    const inputs = stream.map((x) => norm(x, `blk.${n}.attn_norm.weight`));
    const rotated = (part: string) =>
      inputs.map((x, position) => rotate(product(layer(part), x), position, frequencies, keys.magnitude));
    const values = inputs.map((x) => product(layer("attn_v"), x));
    const heads = attention(rotated("attn_q"), rotated("attn_k"), values);
    stream.forEach((x, position) => {
      add(x, product(layer("attn_output"), heads[position] ?? new Float64Array()));
      const input = norm(x, `blk.${n}.ffn_norm.weight`);
      const up = product(layer("ffn_up"), input);
      const active = product(layer("ffn_gate"), input).map((g, i) => (g / (1 + Math.exp(-g))) * (up[i] ?? 0));
      add(x, product(layer("ffn_down"), active));
    });
  }
  const head = weights.get("output.weight") ?? embedding;
  const logits = new Float32Array(tokens.length * head.rows);
  stream.forEach((x, position) => {
    const row = product(head, norm(x, "output_norm.weight"));
    logits.set(
      row.map((value) => value / keys.logitScale),
      position * head.rows,
    );
  });
  return logits;
}

function rowOf({ columns, values }: Matrix, row: number): Float64Array {
  return values.slice(row * columns, (row + 1) * columns);
}

function product({ rows, columns, values }: Matrix, x: Float64Array): Float64Array {
  const out = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    for (let i = 0; i < columns; i++) sum += (values[row * columns + i] ?? 0) * (x[i] ?? 0);
    out[row] = sum;
  }
  return out;
}

function rmsNorm(x: Float64Array, weight: Float64Array, epsilon: number): Float64Array {
  const square = x.reduce((sum, value) => sum + value * value, 0) / x.length;
  return x.map((value, i) => (value / Math.sqrt(square + epsilon)) * (weight[i] ?? 0));
}

/** Turns the pairs (2i, 2i + 1) of every head. */
function rotate(x: Float64Array, position: number, frequencies: readonly number[], magnitude: number): Float64Array {
  const out = new Float64Array(x.length);
  for (let at = 0; at < x.length; at += 2) {
    const angle = position * (frequencies[(at % SHAPE.headDim) / 2] ?? 0);
    const [cosine, sine] = [magnitude * Math.cos(angle), magnitude * Math.sin(angle)];
    const [a, b] = [x[at] ?? 0, x[at + 1] ?? 0];
    out[at] = a * cosine - b * sine;
    out[at + 1] = a * sine + b * cosine;
  }
  return out;
}

/** Each position attends to itself and those before it; consecutive query heads share keys and values. */
function attention(q: Float64Array[], k: Float64Array[], v: Float64Array[]): Float64Array[] {
  const { heads, kvHeads, headDim } = SHAPE;
  return q.map((query, position) => {
    const out = new Float64Array(heads * headDim);
    for (let head = 0; head < heads; head++) {
      const from = Math.floor((head * kvHeads) / heads) * headDim;
      const scores = k.slice(0, position + 1).map((key) => {
        let sum = 0;
        for (let i = 0; i < headDim; i++) sum += (query[head * headDim + i] ?? 0) * (key[from + i] ?? 0);
        return sum / Math.sqrt(headDim);
      });
      const largest = Math.max(...scores);
      const powers = scores.map((score) => Math.exp(score - largest));
      const total = powers.reduce((sum, power) => sum + power, 0);
      powers.forEach((power, j) => {
        for (let i = 0; i < headDim; i++) {
          const at = head * headDim + i;
          out[at] = (out[at] ?? 0) + (power / total) * (v[j]?.[from + i] ?? 0);
        }
      });
    }
    return out;
  });
}
