"""The whole way on made-up data, in under a minute: text -> tokenizer -> rows -> 20 steps -> GGUF -> read back.

    python pipeline_check.py
"""
import pathlib
import random
import tempfile

import numpy as np
import torch
import torch.nn.functional as F

import documents
import golden
import tokenizer
from evaluate import greedy
from export_gguf import read, write
from model import Config, Model, ternary
from train import Muon, orthogonalise


def made_up_file(rng):
    names = ["queue", "item", "total", "index", "value"]
    lines = []
    for _ in range(rng.randint(6, 30)):
        a, b = rng.sample(names, 2)
        lines += [f"export function {a}Of({b}: number): number {{", f"  const {a} = {b} + {rng.randint(0, 99)};", f"  return {a};", "}", ""]
    return {"path": f"src/{rng.choice(names)}.ts", "text": "\n".join(lines) + "\n"}


def main():
    rng = random.Random(0)
    torch.manual_seed(0)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        files = [made_up_file(rng) for _ in range(80)]
        tok = tokenizer.train([f["text"] for f in files], folder / "tokenizer.json", vocab=400)
        vocab = tok.get_vocab_size()
        assert [tok.id_to_token(i) for i in range(12)] == tokenizer.SPECIAL
        for text in ("a\n\n  b ✓\t'll 1234567", "<|fim_middle|> is text here"):
            ids = tok.encode(text).ids
            assert tok.decode(ids) == text and min(ids) >= len(tokenizer.SPECIAL), text

        load, tokenizer.load = tokenizer.load, lambda *_: tok
        ids, w = documents.rows_of(files, 128, "check")
        tokenizer.load = load
        assert ids.shape == w.shape and ids.shape[1] == 129 and ids.max() < vocab
        assert (ids == tokenizer.MIDDLE).any() and set(np.unique(w)) <= {0, 1, documents.W_MIDDLE}

        o = orthogonalise(torch.randn(2, 64, 32))
        assert torch.linalg.svdvals(o).sub(1).abs().max() < 0.4
        c = Config(vocab=vocab, width=128, layers=2, heads=2, kv_heads=1, ffn=256, context=128)
        model = Model(c)
        matrices = [p for p in model.blk.parameters() if p.ndim == 2]
        optimisers = [Muon(matrices, lr=0.02),
                      torch.optim.AdamW([p for p in model.parameters() if not any(p is m for m in matrices)], lr=3e-3)]
        first = None
        for step in range(20):
            rows = np.random.default_rng(step).integers(0, len(ids), 8)
            x, weight = torch.from_numpy(ids[rows].astype(np.int64)), torch.from_numpy(w[rows, 1:].astype(np.float32))
            loss = model.loss(x[:, :-1], x[:, 1:], weight, None if step < 10 else torch.tensor(1.0))
            loss.backward()
            for opt in optimisers:
                opt.step()
                opt.zero_grad()
            first = first or loss.item()
        assert loss.item() < first - 1, (first, loss.item())

        write(folder / "m.gguf", {"config": vars(c), "model": model.state_dict()}, folder / "tokenizer.json", "check")
        fields, tensors = read(folder / "m.gguf")
        codes, scale = ternary(model.blk[1].ffn_down.weight.detach())
        got, got_scale = tensors["blk.1.ffn_down.weight"]
        assert np.array_equal(got, codes.numpy()) and abs(got_scale - scale.item()) < 1e-9
        assert len(fields["tokenizer.ggml.tokens"]) == vocab and all(" " in m for m in fields["tokenizer.ggml.merges"])

        # The two forward passes agree: PyTorch's with the file's F16 embedding, numpy's from the file alone.
        with torch.no_grad():
            model.token_embd.weight.copy_(model.token_embd.weight.half().float())
            model.bake()
            prompt = golden.prompt_ids(tok, "src/a.ts", "export function total", "\n}\n")
            float_only = F.linear(model.hidden(torch.tensor([prompt]), torch.tensor(0.0))[0, -1], model.token_embd.weight).numpy()
            want = golden.Numpy(fields, tensors, int8=False).logits(prompt)
            assert np.abs(float_only - want).max() < 1e-3, np.abs(float_only - want).max()
            rounded = F.linear(model.hidden(torch.tensor([prompt]), torch.tensor(1.0))[0, -1], model.token_embd.weight).numpy()
            want = golden.Numpy(fields, tensors, int8=True).logits(prompt)
            assert np.abs(rounded - want).max() < 0.3, np.abs(rounded - want).max()
            out = greedy(model, prompt, 8)
            again, now = [], list(prompt)
            for _ in out:        # the cached pass gives the same tokens as whole passes, up to rounding: compare the first
                again.append(int(F.linear(model.hidden(torch.tensor([now]), torch.tensor(1.0))[0, -1], model.token_embd.weight).argmax()))
                now.append(again[-1])
            assert out[:1] == again[:1]
        print(f"ok: loss {first:.2f} -> {loss.item():.2f} in 20 steps; {tok.decode(out)!r}")


if __name__ == "__main__":
    main()
