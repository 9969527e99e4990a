"""Master weights: the real-valued weights that training changes; a model file keeps only their signs and scales.

    python masters.py write --checkpoint .runs/v5/last.pt --out ../models/sterna-builtin-masters.gguf
    python masters.py tokenizer --model ../models/sterna-builtin.gguf        # the file's tokenizer ->
.data/tokenizer.json

A file of masters is a GGUF file like the model's with every matrix in float16: two bytes per weight, so that 5.5
million parameters take 11 MB, without the optimiser's state. `train.py --init FILE.gguf` continues from it.

Training can also continue from a finished model. For each master weight, its ternary matrices tell only on which
side of the two thresholds it was. So `from_gguf` draws each weight from the part of a normal distribution that
rounds to the same code: the rounded model is the same in every code and scale, and some weights are near a
threshold, as after training.
"""
import argparse
import math

import numpy as np
import torch
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers

import tokenizer
from export_gguf import TYPE_F16, read, write
from model import Config, ternary

PREFIX = "bitnet-b1.58."


def masters_of(codes, scale, generator):
    """Float weights [rows, k] whose `ternary` is (codes, scale); codes int8 in {-1, 0, 1}.

    Under a normal distribution with deviation s the mean of |w| is s * sqrt(2 / pi), and the threshold is half of
    that. A weight is drawn from between the thresholds or from outside, by its code, with the inverse of the error
    function."""
    codes = torch.from_numpy(codes.astype(np.float32))
    threshold = 0.5 * math.sqrt(2 / math.pi)
    inside = math.erf(threshold / math.sqrt(2))
    u = torch.rand(codes.shape, generator=generator) * 0.998 + 0.001
    small = torch.erfinv((2 * u - 1) * inside)                   # between the thresholds, either sign
    large = torch.erfinv(inside + u * (1 - inside))              # beyond them
    return fit_scale(torch.where(codes == 0, small, codes * large), codes, scale)


def fit_scale(w, codes, scale):
    """w with its mean of |w| changed to `scale` without moving a weight across a threshold. First the weights inside
    the thresholds and those outside are stretched separately, because the share of zeros is not that of a normal
    distribution."""
    zero = codes == 0
    w = w / w.abs().mean()
    for _ in range(8):
        mean = w.abs().mean()
        inner, outer = w[zero].abs().max().clamp(min=1e-6) if zero.any() else torch.tensor(0.0), w[~zero].abs().min()
        if inner < 0.499 * mean and outer > 0.501 * mean:
            break
        w = torch.where(zero, w * min(1.0, (0.498 * mean / inner).item()) if zero.any() else w,
                        codes * w.abs().clamp(min=0.502 * mean.item()))
    return w * (scale / w.abs().mean())


def from_gguf(path, seed=0):
    """(Config, state of a Model) from a model file or a file of masters."""
    fields, tensors = read(path)
    get = lambda key: fields[PREFIX + key]
    config = Config(vocab=get("vocab_size"), width=get("embedding_length"), layers=get("block_count"),
                    heads=get("attention.head_count"), kv_heads=get("attention.head_count_kv"), ffn=get("feed_forward_length"),
                    context=get("context_length"), rope_base=get("rope.freq_base"))
    generator, state = torch.Generator().manual_seed(seed), {}
    for name, tensor in tensors.items():
        if isinstance(tensor, tuple):
            state[name] = masters_of(*tensor, generator)
        else:
            state[name] = torch.from_numpy(tensor.astype(np.float32))
    return config, state


def write_tokenizer(path, out):
    """The tokenizer of a GGUF file as the JSON that tokenizer.load reads."""
    fields, _ = read(path)
    tokens, kinds = fields["tokenizer.ggml.tokens"], fields["tokenizer.ggml.token_type"]
    merges = [tuple(m.split(" ")) for m in fields["tokenizer.ggml.merges"]]
    tok = Tokenizer(models.BPE(vocab={t: i for i, t in enumerate(tokens)}, merges=merges, ignore_merges=True))
    tok.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(tokenizer.SPLIT), behavior="isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tok.decoder = decoders.ByteLevel()
    tok.add_special_tokens([t for t, kind in zip(tokens, kinds) if kind == 3])
    tok.save(str(out))


if __name__ == "__main__":
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = a.add_subparsers(dest="command", required=True)
    w = commands.add_parser("write")
    w.add_argument("--checkpoint", required=True)
    w.add_argument("--out", required=True)
    w.add_argument("--name", default="Sterna built-in, master weights")
    t = commands.add_parser("tokenizer")
    t.add_argument("--model", required=True)
    args = a.parse_args()
    if args.command == "tokenizer":
        write_tokenizer(args.model, tokenizer.DATA / "tokenizer.json")
    else:
        saved = torch.load(args.checkpoint, map_location="cpu", weights_only=False)
        write(args.out, saved, tokenizer.DATA / "tokenizer.json", args.name, body=TYPE_F16)
