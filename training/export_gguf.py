"""Write a checkpoint as a GGUF file: I2_S ternary body, Q6_K embedding (which is the head too), F32 norms.

    python export_gguf.py --checkpoint .runs/v1/last.pt --out ../models/sterna-builtin.gguf --name "Sterna built-in v1"
"""
import argparse
import json
import struct

import numpy as np
import torch

import q6_k
import tokenizer
from model import Config, ternary

U32, F32, BOOL, STRING, ARRAY, I32 = 4, 6, 7, 8, 9, 5
TYPE_F32, TYPE_F16, TYPE_Q6_K, TYPE_I2_S = 0, 1, 14, 36
ALIGN = 32


def string(s):
    b = s.encode("utf-8")
    return struct.pack("<Q", len(b)) + b


def value(kind, v):
    if kind == STRING:
        return string(v)
    return struct.pack({U32: "<I", I32: "<i", F32: "<f", BOOL: "<?"}[kind], v)


def field(key, kind, v):
    """One key of the header. A list becomes an array of `kind`."""
    if isinstance(v, list):
        return string(key) + struct.pack("<IIQ", ARRAY, kind, len(v)) + b"".join(value(kind, x) for x in v)
    return string(key) + struct.pack("<I", kind) + value(kind, v)


def pack_i2_s(codes, scale):
    """codes int8 [rows, k] in {-1, 0, 1}, k a multiple of 128 -> bytes: n / 4 bytes of codes, the F32 scale, 28 zeros.

    Each block of 128 weights is 32 bytes; byte j holds weights j, 32 + j, 64 + j, 96 + j, starting from the high
    bits."""
    rows, k = codes.shape
    assert k % 128 == 0, f"row length {k} is not a multiple of 128"
    c = (codes + 1).astype(np.uint8).reshape(-1, 4, 32)
    packed = c[:, 0] << 6 | c[:, 1] << 4 | c[:, 2] << 2 | c[:, 3]
    return packed.tobytes() + struct.pack("<f", scale) + bytes(28)


def tensors_of(state, c, body):
    """Yields (name, GGUF dimensions fastest first, type, bytes) in the file's order; `body` is the type of the body's
    matrices."""
    def floats(name, key):
        w = state[key].float().numpy()
        return name, list(w.shape[::-1]), TYPE_F32, w.astype("<f4").tobytes()

    def f16_values(name, key):
        w = state[key].float().numpy()
        return name, list(w.shape[::-1]), TYPE_F16, w.astype("<f2").tobytes()

    def ternaries(name, key):
        w = state[key].float()
        codes, scale = ternary(w)
        return name, list(w.shape[::-1]), TYPE_I2_S, pack_i2_s(codes.numpy().astype(np.int8), float(scale))

    def embedding(name, key):
        w = state[key].float().numpy()
        # A row that is no whole number of blocks stays as it is.
        return (name, list(w.shape[::-1]), TYPE_Q6_K, q6_k.pack(w)) if w.shape[1] % q6_k.BLOCK == 0 else f16_values(name, key)

    finished = body == TYPE_I2_S
    matrix = ternaries if finished else f16_values
    yield (embedding if finished else f16_values)("token_embd.weight", "token_embd.weight")
    yield floats("output_norm.weight", "output_norm.weight")
    for n in range(c.layers):
        for part in ("attn_norm", "attn_q", "attn_k", "attn_v", "attn_sub_norm", "attn_output",
                     "ffn_norm", "ffn_gate", "ffn_up", "ffn_sub_norm", "ffn_down"):
            key = f"blk.{n}.{part}.weight"
            yield (floats if part.endswith("norm") else matrix)(key, key)


def header_fields(c, tok_file, name, context):
    spec = json.loads(open(tok_file, encoding="utf-8").read())
    tokens = [t for t, _ in sorted(spec["model"]["vocab"].items(), key=lambda kv: kv[1])]
    assert len(tokens) == c.vocab
    control = {t["id"] for t in spec["added_tokens"]}
    merges = [m if isinstance(m, str) else " ".join(m) for m in spec["model"]["merges"]]
    a = "bitnet-b1.58."
    return [
        ("general.architecture", STRING, "bitnet-b1.58"),
        ("general.name", STRING, name),
        ("general.license", STRING, "mit"),
        ("general.alignment", U32, ALIGN),
        (a + "vocab_size", U32, c.vocab),
        (a + "context_length", U32, context),
        (a + "embedding_length", U32, c.width),
        (a + "block_count", U32, c.layers),
        (a + "feed_forward_length", U32, c.ffn),
        (a + "rope.dimension_count", U32, c.width // c.heads),
        (a + "rope.freq_base", F32, c.rope_base),
        (a + "attention.head_count", U32, c.heads),
        (a + "attention.head_count_kv", U32, c.kv_heads),
        (a + "attention.layer_norm_rms_epsilon", F32, c.eps),
        ("tokenizer.ggml.model", STRING, "gpt2"),
        ("tokenizer.ggml.pre", STRING, "llama-bpe"),
        ("tokenizer.ggml.tokens", STRING, tokens),
        ("tokenizer.ggml.token_type", I32, [3 if i in control else 1 for i in range(c.vocab)]),
        ("tokenizer.ggml.merges", STRING, merges),
        ("tokenizer.ggml.bos_token_id", U32, tokenizer.BOS),
        ("tokenizer.ggml.eos_token_id", U32, tokenizer.EOS),
        ("tokenizer.ggml.eot_token_id", U32, tokenizer.END),       # so that engines stop at the end of a middle
        ("tokenizer.ggml.add_bos_token", BOOL, True),
        ("tokenizer.ggml.fim_pre_token_id", U32, tokenizer.PREFIX),
        ("tokenizer.ggml.fim_suf_token_id", U32, tokenizer.SUFFIX),
        ("tokenizer.ggml.fim_mid_token_id", U32, tokenizer.MIDDLE),
    ]


def write(out, saved, tok_file, name, body=TYPE_I2_S):
    """Writes a checkpoint. body: TYPE_I2_S for a model, TYPE_F16 for its master weights."""
    c = Config(**saved["config"])
    fields = header_fields(c, tok_file, name, c.context)
    tensors = list(tensors_of(saved["model"], c, body))
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(fields)) + b"".join(field(*f) for f in fields)
    offset, infos = 0, b""
    for tensor, dims, kind, data in tensors:
        infos += string(tensor) + struct.pack("<I", len(dims)) + struct.pack(f"<{len(dims)}Q", *dims) + struct.pack("<IQ", kind, offset)
        offset += -(-len(data) // ALIGN) * ALIGN
    head += infos
    with open(out, "wb") as f:
        f.write(head + bytes(-len(head) % ALIGN))
        for _, _, _, data in tensors:
            f.write(data + bytes(-len(data) % ALIGN))


def read(path):
    """(fields, tensors) of a file written by `write`; ternary tensors are returned as (codes int8 [rows, k], scale)."""
    raw = memoryview(open(path, "rb").read())
    at = 0

    def take(fmt):
        nonlocal at
        v = struct.unpack_from("<" + fmt, raw, at)
        at += struct.calcsize("<" + fmt)
        return v[0] if len(v) == 1 else v

    def text():
        nonlocal at
        n = take("Q")
        at += n
        return bytes(raw[at - n:at]).decode("utf-8")

    def one(kind):
        return text() if kind == STRING else take({U32: "I", I32: "i", F32: "f", BOOL: "?"}[kind])

    assert bytes(raw[:4]) == b"GGUF"
    at = 4
    _, n_tensors, n_fields = take("IQQ")
    fields, infos, tensors = {}, [], {}
    for _ in range(n_fields):
        key, kind = text(), take("I")
        if kind == ARRAY:
            kind, n = take("IQ")
            fields[key] = [one(kind) for _ in range(n)]
        else:
            fields[key] = one(kind)
    for _ in range(n_tensors):
        name, n = text(), take("I")
        dims = [take("Q") for _ in range(n)]
        infos.append((name, dims[::-1], *take("IQ")))
    base = -(-at // ALIGN) * ALIGN
    for name, shape, kind, offset in infos:
        n, start = int(np.prod(shape)), base + offset
        if kind == TYPE_I2_S:
            b = np.frombuffer(raw, np.uint8, n // 4, start).reshape(-1, 1, 32)
            codes = (b >> np.array([6, 4, 2, 0], np.uint8).reshape(1, 4, 1) & 3).astype(np.int8) - 1
            tensors[name] = codes.reshape(shape), struct.unpack_from("<f", raw, start + n // 4)[0]
        elif kind == TYPE_Q6_K:
            tensors[name] = q6_k.unpack(raw[start:start + n // q6_k.BLOCK * q6_k.BYTES], shape)
        else:
            tensors[name] = np.frombuffer(raw, "<f4" if kind == TYPE_F32 else "<f2", n, start).reshape(shape)
    return fields, tensors


if __name__ == "__main__":
    a = argparse.ArgumentParser()
    a.add_argument("--checkpoint", required=True)
    a.add_argument("--out", required=True)
    a.add_argument("--name", required=True, help="with the version: it is what the model says it is")
    args = a.parse_args()
    saved = torch.load(args.checkpoint, map_location="cpu", weights_only=False)
    write(args.out, saved, tokenizer.DATA / "tokenizer.json", args.name)
    fields, tensors = read(args.out)
    print(f"{args.out}: {len(tensors)} tensors, step {saved['at']['step']}, {saved['at']['tokens']} tokens seen")
