"""Small runs that differ in one thing each and get the same processor time, and a table of their results.

    python ablations.py --init ../models/sterna-builtin.gguf             # all of them, into .runs/ablations/results.json
    python ablations.py --init ../models/sterna-builtin.gguf --only deep,wide --cpu-minutes 8
    python ablations.py --table                              # the runs that have ended

The runs "from nothing" choose the shape, the vocabulary and the learning rate. The runs "going on" from --init, at a
rate that shows effects after a million tokens, choose what the rows are made of. Each is measured on files that none
of them saw: bits per byte of whole texts and of the middles of holes, both in rows like those of the training (half
of them with pieces of other files in front), with the rounded weights and int8 activations of inference.
"""
import argparse
import concurrent.futures
import json
import math
import os
import pathlib
import random
import subprocess
import sys
import zlib

import numpy as np
import torch
import torch.nn.functional as F

import documents
import tokenizer
from corpus import Corpus
from data import DATA
from evaluate import load_model

HERE = pathlib.Path(__file__).parent
RUNS = HERE / ".runs" / "ablations"
SHAPE = {"layers": 5, "width": 256, "heads": 4, "kv_heads": 2, "ffn": 640}
LENGTH = 512
FULL_PRECISION_TOKENS = 400_000     # tokens of the runs from nothing
# Epochs whose files the runs take, and that they are measured on; of each the packages of a share.
SOURCE, MEASURED = (6, 0.3), (9, 0.06)
MEASURED_ROWS = 600

# name -> description, group, arguments of train.py, constants of documents.py, size of the vocabulary
BASE = "5 layers of 256, 8,192 tokens, rate 0.015", "from nothing", {}, {}, 8192
GOING_ON = {"lr": 0.006, "adam_lr": 0.001}
GO_BASE = "holes in 65 %, pieces in 25 %, middles weigh 3, rate 0.006", "going on", GOING_ON, {}, 8192
VARIANTS = {
    "base": BASE,
    "deep": ("8 layers of 256: 1.4 times the arithmetic of a token", "from nothing", {"layers": 8}, {}, 8192),
    "wide": ("2 layers of 384, feed-forward 896: as much arithmetic", "from nothing",
             {"layers": 2, "width": 384, "heads": 6, "ffn": 896}, {}, 8192),
    "vocabulary": ("16,384 tokens", "from nothing", {}, {}, 16384),
    "rate-half": ("rate 0.0075", "from nothing", {"lr": 0.0075, "adam_lr": 0.00125}, {}, 8192),
    "rate-double": ("rate 0.03", "from nothing", {"lr": 0.03, "adam_lr": 0.005}, {}, 8192),
    "go": GO_BASE,
    "go-rate-half": ("rate 0.003", "going on", {"lr": 0.003, "adam_lr": 0.0005}, {}, 8192),
    "go-rate-double": ("rate 0.012", "going on", {"lr": 0.012, "adam_lr": 0.002}, {}, 8192),
    "go-fewer-holes": ("holes in 40 %", "going on", GOING_ON, {"FIM_SHARE": 0.4}, 8192),
    "go-more-holes": ("holes in 90 %", "going on", GOING_ON, {"FIM_SHARE": 0.9}, 8192),
    "go-no-pieces": ("no pieces", "going on", GOING_ON, {"PIECES_SHARE": 0.0}, 8192),
    "go-more-pieces": ("pieces in 60 %", "going on", GOING_ON, {"PIECES_SHARE": 0.6}, 8192),
    "go-middles-1": ("middles weigh 1", "going on", GOING_ON, {"W_MIDDLE": 1}, 8192),
    "go-middles-8": ("middles weigh 8", "going on", GOING_ON, {"W_MIDDLE": 8}, 8192),
}


def some_files(epoch, share):
    corpus = Corpus(DATA / "train.jsonl")
    chosen = [r for r in corpus.epoch(epoch) if zlib.crc32(f"{epoch} {r['pkg']}".encode()) % 1000 < share * 1000]
    return sorted(corpus.read(chosen), key=lambda f: f["pkg"])


def write_rows(folder, chosen, constants, name):
    """Rows of the files, made with some constants of documents.py changed."""
    saved = {k: getattr(documents, k) for k in constants}
    saved_load = tokenizer.load
    tokenizer.load = lambda: saved_load(folder / "tokenizer.json")
    try:
        for k, v in constants.items():
            setattr(documents, k, v)
        parts = [documents.rows_of(chosen[i:i + 400], LENGTH, f"ablation {i}") for i in range(0, len(chosen), 400)]
    finally:
        tokenizer.load = saved_load
        for k, v in saved.items():
            setattr(documents, k, v)
    ids, w = (np.concatenate([p[k] for p in parts]) for k in (0, 1))
    order = np.random.default_rng(1).permutation(len(ids))
    np.savez(folder / name, ids=ids[order], w=w[order])


def folder_of(name):
    """The places of a run's data: its rows, those that it is measured on, and its tokenizer."""
    _, _, _, constants, vocabulary = VARIANTS[name]
    return RUNS / "data" / (name if constants or vocabulary != tokenizer.VOCAB else "base")


def prepare(name):
    _, _, _, constants, vocabulary = VARIANTS[name]
    folder = folder_of(name)
    if (folder / "measured.npz").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    if vocabulary == tokenizer.VOCAB:
        (folder / "tokenizer.json").write_bytes((DATA / "tokenizer.json").read_bytes())
    else:
        corpus = Corpus(DATA / "train.jsonl")
        files = corpus.read(corpus.epoch(0, 30e6))
        random.Random(0).shuffle(files)
        tokenizer.train((f["text"] for f in files), folder / "tokenizer.json", vocabulary)
    write_rows(folder, some_files(*SOURCE), constants, f"rows-{LENGTH}-0.npz")
    write_rows(folder, some_files(*MEASURED), {"PIECES_SHARE": 0.5}, "measured.npz")


@torch.no_grad()
def measure(checkpoint, folder):
    """(bits per byte of the text, of the middles with their ends) in rows that the run did not see."""
    model, _ = load_model(checkpoint)
    tok = tokenizer.load(folder / "tokenizer.json")
    # A special token has no bytes in the text, but its loss counts all the same.
    sizes = torch.tensor([len(tok.decode([i]).encode()) for i in range(tok.get_vocab_size())])
    nats, size = {}, {}
    with np.load(folder / "measured.npz") as z:
        ids, w = z["ids"][:MEASURED_ROWS], z["w"][:MEASURED_ROWS]
    for i in range(0, len(ids), 8):
        x, weight = torch.from_numpy(ids[i:i + 8].astype(np.int64)), torch.from_numpy(w[i:i + 8, 1:].astype(np.int64))
        h = model.hidden(x[:, :-1], model.rounding)
        each = F.cross_entropy(F.linear(h, model.token_embd.weight).flatten(0, 1), x[:, 1:].flatten(), reduction="none")
        for kind in (documents.W_TEXT, documents.W_MIDDLE):
            mine = (weight == kind).flatten()
            nats[kind] = nats.get(kind, 0.0) + each[mine].sum().item()
            size[kind] = size.get(kind, 0) + sizes[x[:, 1:].flatten()[mine]].sum().item()
    return [nats[kind] / math.log(2) / size[kind] for kind in (documents.W_TEXT, documents.W_MIDDLE)]


def run(name, init, cpu_minutes, compiles):
    """Makes one run and returns its results."""
    said, group, arguments, _, vocabulary = VARIANTS[name]
    folder, out = folder_of(name), RUNS / name
    shape = {**SHAPE, **{k: v for k, v in arguments.items() if k in SHAPE}}
    options = {**shape, **{k: v for k, v in arguments.items() if k not in SHAPE}, "batch": 8, "threads": 1, "snapshot_tokens": 1e12,
               "length": LENGTH, "warmup": 30}
    if group == "going on":
        options |= {"init": pathlib.Path(init).resolve()}
    else:
        options |= {"ternary_from": FULL_PRECISION_TOKENS}
    command = [sys.executable, str(HERE / "train.py"), *(["--compile"] if compiles else [])]
    for k, v in options.items():
        command.append(f"--{k.replace('_', '-')}={v}")
    env = {**os.environ, "STERNA_TRAINING_DATA": str(folder), "OMP_NUM_THREADS": "1"}

    def train(*more):
        done = subprocess.run([*command, *map(str, more)], env=env, capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"{name}: {done.stdout[-500:]}{done.stderr[-2000:]}")

    if compiles:
        # Compiling a graph must not take away time for learning from the run that does it first.
        for tokens in (0, FULL_PRECISION_TOKENS) if group == "from nothing" else (0,):
            train("--run", out / "warm", "--max-steps", 1, "--ternary-from", tokens)
    train("--run", out, "--decay-cpu-minutes", cpu_minutes)
    at = torch.load(out / "last.pt", map_location="cpu", weights_only=False)["at"]
    text, middles = measure(out / "last.pt", folder)
    return {"name": name, "said": said, "group": group, "vocabulary": vocabulary, "tokens": at["tokens"],
            "cpu": round(at["cpu"]), "text": round(text, 4), "middles": round(middles, 4)}


def table(results):
    lines = ["| run | million tokens | text | middles |", "| --- | --- | --- | --- |"]
    for group in ("from nothing", "going on"):
        for r in results:
            if r["group"] == group:
                said = f"**{r['said']}**" if r["name"] in ("base", "go") else r["said"]
                lines.append(f"| {group}: {said} | {r['tokens'] / 1e6:.2f} | {r['text']:.3f} | {r['middles']:.3f} |")
    return "\n".join(lines)


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--init", help="checkpoint that the runs of the second group go on from")
    a.add_argument("--only", default=",".join(VARIANTS))
    a.add_argument("--cpu-minutes", type=float, default=4)
    a.add_argument("--processes", type=int, default=2)
    a.add_argument("--no-compile", action="store_true")
    a.add_argument("--table", action="store_true")
    args = a.parse_args()
    file = RUNS / "results.json"
    results = {r["name"]: r for r in json.loads(file.read_text())} if file.exists() else {}
    if not args.table:
        names = args.only.split(",")
        if not args.init and any(VARIANTS[name][1] == "going on" for name in names):
            a.error("--init says what the runs of the second group go on from")
        RUNS.mkdir(parents=True, exist_ok=True)
        for name in names:
            prepare(name)
        with concurrent.futures.ThreadPoolExecutor(args.processes) as pool:
            waiting = [pool.submit(run, name, args.init, args.cpu_minutes, not args.no_compile) for name in names]
            for one in concurrent.futures.as_completed(waiting):
                result = one.result()
                print(result, flush=True)
                results[result["name"]] = result
                file.write_text(json.dumps([results[name] for name in VARIANTS if name in results], indent=1) + "\n")
    print(table([results[name] for name in VARIANTS if name in results]))


if __name__ == "__main__":
    main()
