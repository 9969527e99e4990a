"""Known answers for the native engine: a second forward pass in numpy float64, from the numbers in the GGUF file alone.

    python golden.py --model ../models/sterna-builtin.gguf --out ../models/builtin-golden

Writes OUT.json (prompts, token ids, the 20 best logits and 24 greedy tokens at the last position, with float and
with int8 activations) and OUT.f32 (all logits of the last positions, float32, [prompts, 2, vocabulary]: float, then
int8).
"""
import argparse
import hashlib
import json
import pathlib

import numpy as np

import tokenizer
from export_gguf import read
from tokenizer import BOS, END, EOS, FILE, MIDDLE, PREFIX, SUFFIX

PROMPTS = [
    ("src/util/queue.ts", "export class Queue<T> {\n  private items: T[] = [];\n\n  push(item: T): void {\n    this.items.",
     "\n  }\n\n  get size(): number {\n    return this.items.length;\n  }\n}\n"),
    ("src/http/client.ts", "import { Request, Response } from './types';\n\nexport async function send(request: Request): Promise<Response> {\n  const response = await ",
     "\n  if (!response.ok) {\n    throw new Error(response.statusText);\n  }\n  return response;\n}\n"),
    ("lib/cache.py", "class Cache:\n    def __init__(self, size: int) -> None:\n        self.size = size\n        self.items = {}\n\n    def get(self, key, default=None):\n        return self.", "\n"),
    ("lib/index.js", "'use strict'\n\nconst fs = require('fs')\nconst path = require(", None),
    ("a.ts", "for (let i = 0; i < values.length; i", ""),
]


class Numpy:
    """The architecture's graph, for one whole prompt at a time, in float64 throughout."""

    def __init__(self, fields, tensors, int8):
        g = lambda key: fields["bitnet-b1.58." + key]
        self.t, self.int8 = tensors, int8
        self.layers, self.heads, self.kv = g("block_count"), g("attention.head_count"), g("attention.head_count_kv")
        self.eps, self.base = g("attention.layer_norm_rms_epsilon"), g("rope.freq_base")
        self.emb = tensors["token_embd.weight"].astype(np.float64)

    def norm(self, x, name):
        return x / np.sqrt((x * x).mean(-1, keepdims=True) + self.eps) * self.t[name + ".weight"].astype(np.float64)

    def linear(self, x, name):
        codes, scale = self.t[name + ".weight"]
        codes = codes.astype(np.float64)
        if not self.int8:
            return x @ codes.T * scale
        s = 127.0 / np.maximum(np.abs(x).max(-1, keepdims=True), 1e-5)
        return np.clip(np.rint(x * s), -128, 127) @ codes.T / s * scale

    def rope(self, x):
        n, _, k = x.shape
        angle = np.outer(np.arange(n), self.base ** (-np.arange(0, k, 2) / k))[:, None]
        a, b = x[..., :k // 2], x[..., k // 2:]
        return np.concatenate((a * np.cos(angle) - b * np.sin(angle), b * np.cos(angle) + a * np.sin(angle)), -1)

    def logits(self, ids):
        x = self.emb[ids]                                              # [T, D]
        n, d = x.shape
        k_size = d // self.heads
        for i in range(self.layers):
            b = f"blk.{i}."
            h = self.norm(x, b + "attn_norm")
            q = self.rope(self.linear(h, b + "attn_q").reshape(n, self.heads, k_size))
            k = self.rope(self.linear(h, b + "attn_k").reshape(n, self.kv, k_size))
            v = self.linear(h, b + "attn_v").reshape(n, self.kv, k_size)
            o = np.empty((n, self.heads, k_size))
            for j in range(self.heads):
                g = j // (self.heads // self.kv)
                s = q[:, j] @ k[:, g].T / np.sqrt(k_size)
                s[np.triu_indices(n, 1)] = -np.inf
                p = np.exp(s - s.max(-1, keepdims=True))
                o[:, j] = p / p.sum(-1, keepdims=True) @ v[:, g]
            x = x + self.linear(self.norm(o.reshape(n, d), b + "attn_sub_norm"), b + "attn_output")
            h = self.norm(x, b + "ffn_norm")
            a = np.maximum(self.linear(h, b + "ffn_gate"), 0) ** 2 * self.linear(h, b + "ffn_up")
            x = x + self.linear(self.norm(a, b + "ffn_sub_norm"), b + "ffn_down")
        return self.norm(x[-1:], "output_norm")[0] @ self.emb.T


def prompt_ids(tok, path, prefix, suffix):
    enc = lambda text: tok.encode(text).ids if text else []
    head = [BOS, FILE, *enc(path + "\n")]
    if suffix is None:
        return head + [PREFIX, *enc(prefix)]
    return head + [SUFFIX, *enc(suffix), PREFIX, *enc(prefix), MIDDLE]


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--model", required=True)
    a.add_argument("--out", required=True)
    args = a.parse_args()
    fields, tensors = read(args.model)
    tok = tokenizer.load()
    out, dump = [], []
    for path, prefix, suffix in PROMPTS:
        ids = prompt_ids(tok, path, prefix, suffix)
        entry = {"path": path, "prefix": prefix, "suffix": suffix, "ids": ids}
        for name, int8 in (("float", False), ("int8", True)):
            m = Numpy(fields, tensors, int8)
            last = m.logits(ids)
            dump.append(last.astype("<f4"))
            top = np.argsort(-last)[:20]
            now, greedy = list(ids), []
            while len(greedy) < 24:
                token = int(m.logits(now).argmax())
                greedy.append(token)
                if token in (END, EOS):
                    break
                now.append(token)
            entry[name] = {"top": [[int(t), round(float(last[t]), 6)] for t in top], "greedy": greedy, "text": tok.decode(greedy)}
        out.append(entry)
    digest = hashlib.sha256(pathlib.Path(args.model).read_bytes()).hexdigest()
    texts = ["const x = await fetch(url);", "  for (let i = 0; i < 10; i++) {\n\t\tconsole.log(`${i}`);\r\n  }\n\n\n", "def f(self, *args):\n    return 12345.678e-9  # déjà vu ✓\n"]
    json.dump({"model_sha256": digest, "vocab": len(fields["tokenizer.ggml.tokens"]), "prompts": out,
               "tokenizer": [{"text": t, "ids": tok.encode(t).ids} for t in texts]},
              open(args.out + ".json", "w"), indent=1, ensure_ascii=True)
    np.stack(dump).tofile(args.out + ".f32")
    for e in out:
        print(repr(e["prefix"][-40:]), "->", repr(e["int8"]["text"]))


if __name__ == "__main__":
    main()
