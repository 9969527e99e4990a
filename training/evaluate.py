"""Measures a checkpoint on packages that training never saw, with the arithmetic of inference.

    python evaluate.py --checkpoint .runs/v5/last.pt              # all numbers, into .runs/v5/eval.json
    python evaluate.py --checkpoint .runs/v5/last.pt --quick      # only bits per byte, and nothing is written
    python evaluate.py --checkpoint ../models/sterna-builtin.gguf # a finished model: into .runs/sterna-builtin/eval.json

- Bits per byte of left-to-right windows, for each language and as two means: `old` over TypeScript, JavaScript and
Python in the shares with which the models up to v4 were measured, `all` over all languages in the shares of
training.
- Bits per byte of the middles of holes.
- Exact match: greedy decoding to the end of the line must give the rest of the line, character for character.
"""
import argparse
import dataclasses
import json
import math
import pathlib
import random

import torch
import torch.nn.functional as F

import masters
import tokenizer
from corpus import Corpus
from documents import STOP, SUFFIX_LINES, fit
from languages import MEASURED, SHARE
from model import Config, Model
from tokenizer import BOS, DATA, END, EOS, EOT, FILE, PREFIX

HERE = pathlib.Path(__file__).parent
PREFIX_LINES = 60
ANSWER_TOKENS = 48    # the longest answer; so much room is kept for it
WINDOW_TOKENS = 1024  # so that models with longer contexts are measured on the same text
FEWEST_FILES = 5
OLD_SHARE = {"ts": 0.5, "py": 0.3, "js": 0.2}


def load_model(path, full_precision=False):
    """A model in evaluation mode (ternary, unless full precision is asked for), and the checkpoint's record."""
    if str(path).endswith(".gguf"):
        config, weights = masters.from_gguf(path)
        saved = dict(config=dataclasses.asdict(config), model=weights, at=dict(model=pathlib.Path(path).name))
    else:
        saved = torch.load(path, map_location="cpu", weights_only=False)
    model = Model(Config(**saved["config"]))
    model.load_state_dict(saved["model"])
    return (model if full_precision else model.bake()).eval(), saved


def heldout_files():
    """{language: {package: its held-out files}} for the languages that are measured on their own. A package counts for
    the languages in which it has at least FEWEST_FILES: a single script does not show how a language is written."""
    files = {}
    for f in Corpus(DATA / "heldout.jsonl").read():
        if f["lang"] in MEASURED:
            files.setdefault(f["lang"], {}).setdefault(f["pkg"], []).append(f)
    return {lang: {name: fs for name, fs in packages.items() if len(fs) >= FEWEST_FILES} or packages for lang, packages in files.items()}


def pick_file(packages, rng):
    """Chooses a package and then one of its files, so that large packages do not dominate."""
    return rng.choice(packages[rng.choice(sorted(packages))])


def make_holes(files, count, seed=7):
    """`count` rest-of-line holes in the files of one language: 70 % where people pause, 30 % anywhere in a line. Each
    has at least one non-space character."""
    rng, holes = random.Random(seed), []
    while len(holes) < count:
        f = pick_file(files, rng)
        lines = f["text"].rstrip("\n").split("\n")
        i = rng.randrange(len(lines))
        line = lines[i]
        body = len(line) - len(line.lstrip())
        if i < 3 or len(line) - body < 4:
            continue
        stops = [m.start() for m in STOP.finditer(line) if body < m.start() < len(line)]
        at = rng.choice(stops) if stops and rng.random() < 0.7 else rng.randrange(body, len(line))
        if not line[at:].strip():
            continue
        holes.append({"pkg": f["pkg"], "lang": f["lang"], "path": "/".join(f["path"].split("/")[-3:]),
                      "prefix": "".join(x + "\n" for x in lines[max(0, i - PREFIX_LINES):i]) + line[:at],
                      "middle": line[at:],
                      "suffix": "".join("\n" + x for x in lines[i + 1:i + 1 + SUFFIX_LINES])})
    return holes


@torch.no_grad()
def nats(model, ids, first):
    """The sum of -ln p over ids[first:], each predicted from all ids before it."""
    x = torch.tensor([ids])
    h = model.hidden(x[:, :-1], model.rounding)[0, first - 1:]
    return F.cross_entropy(F.linear(h, model.token_embd.weight), x[0, first:], reduction="sum").item()


@torch.no_grad()
def greedy(model, ids, limit, stop=lambda text_ids: False):
    """The greedy continuation of `ids`, without the end token."""
    caches, out = [[] for _ in model.blk], []
    x = torch.tensor([ids])
    while len(out) < limit:
        h = model.hidden(x, model.rounding, caches)[0, -1]
        token = int(F.linear(h, model.token_embd.weight).argmax())
        if token in (END, EOS, EOT, BOS):
            break
        out.append(token)
        if stop(out):
            break
        x = torch.tensor([[token]])
    return out


def window(f, rng, tok, limit):
    """(token ids, how many of them are the head, bytes of the text) of a part of a file from a random line on."""
    lines = f["text"].split("\n")
    start = rng.randrange(max(1, len(lines) - 40))
    head = [BOS, FILE, *tok.encode("/".join(f["path"].split("/")[-3:]) + "\n").ids, PREFIX]
    body, size = [], 0
    for line in lines[start:]:
        more = tok.encode(line + "\n").ids
        if len(head) + len(body) + len(more) > limit:
            break
        body += more
        size += len((line + "\n").encode())
    return head + body, len(head), size


def text_bits(model, tok, files, windows, seed=11):
    """Bits per byte of left-to-right windows, `windows` of each language, and the means over languages."""
    out = {}
    for lang in files:
        rng, bits, size, tokens = random.Random(f"{seed} {lang}"), 0.0, 0, 0
        for _ in range(windows):
            ids, head, more = window(pick_file(files[lang], rng), rng, tok, min(WINDOW_TOKENS, model.c.context))
            if more:
                bits += nats(model, ids, head) / math.log(2)
                size, tokens = size + more, tokens + len(ids) - head
        if size:
            out[lang] = {"bits_per_byte": round(bits / size, 4), "nats_per_token": round(bits * math.log(2) / tokens, 4), "bytes": size}
    for name, shares in (("old", OLD_SHARE), ("all", SHARE)):
        here = [lang for lang in shares if lang in out]
        total = sum(shares[lang] for lang in here)
        if here:
            out[name] = {"bits_per_byte": round(sum(shares[lang] / total * out[lang]["bits_per_byte"] for lang in here), 4)}
    return out


def copy_guess(hole):
    """The baseline without a model: the rest of the line after the latest earlier place that shares the longest end (at
    least 3 characters) with the text before the cursor."""
    text, line = hole["prefix"], hole["prefix"].rsplit("\n", 1)[-1].lstrip()
    around = text[:-1] if text else ""
    pool = hole["suffix"] + "\n" + around
    for size in range(len(line), 2, -1):
        at = pool.rfind(line[-size:])
        if at >= 0:
            return pool[at + size:].split("\n", 1)[0]
    return ""


def score(holes, answers):
    """The share of exact answers, overall and by kind of hole; trailing spaces do not count."""
    kinds = {"all": lambda h: True, "<=10 characters": lambda h: len(h["middle"]) <= 10, ">10 characters": lambda h: len(h["middle"]) > 10,
             ">=3 non-space": lambda h: sum(not c.isspace() for c in h["middle"]) >= 3}
    kinds |= {lang: lambda h, lang=lang: h["lang"] == lang for lang in MEASURED if any(h["lang"] == lang for h in holes)}
    out = {}
    for name, keep in kinds.items():
        pairs = [(h, a) for h, a in zip(holes, answers) if keep(h)]
        right = sum(h["middle"].rstrip() == a.rstrip() for h, a in pairs)
        out[name] = {"holes": len(pairs), "right": right, "share": round(right / max(1, len(pairs)), 4)}
    return out


def holes_report(model, tok, holes):
    """Bits per byte of the middles, exact matches, the same for the copying baseline, and all answers."""
    enc = lambda text: tok.encode(text).ids if text else []
    line_ends = {i for i in range(tok.get_vocab_size()) if "\n" in tok.decode([i])}
    total, size, answers = 0.0, 0, []
    for h in holes:
        ids, _ = fit(h["path"], h["prefix"], h["middle"], h["suffix"], model.c.context + len(enc(h["middle"])) - ANSWER_TOKENS, enc)
        first = len(ids) - len(enc(h["middle"])) - 1
        whole = ids[:model.c.context + 1]
        total, size = total + nats(model, whole, first), size + len(h["middle"].encode()) + 1
        out = greedy(model, ids[:first], ANSWER_TOKENS, lambda o: o[-1] in line_ends)
        answers.append(tok.decode(out).split("\n")[0])
    return {"middle_bits_per_byte": round(total / math.log(2) / size, 4), "exact": score(holes, answers),
            "copy_baseline": score(holes, [copy_guess(h) for h in holes])}, answers


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--checkpoint", required=True)
    a.add_argument("--quick", action="store_true")
    a.add_argument("--full-precision", action="store_true", help="the trained weights before rounding, float activations")
    a.add_argument("--windows", type=int, default=60, help="of each language")
    a.add_argument("--holes", type=int, default=100, help="of each language")
    a.add_argument("--languages", default=",".join(MEASURED))
    a.add_argument("--threads", type=int, default=2)
    args = a.parse_args()
    torch.set_num_threads(args.threads)
    model, saved = load_model(args.checkpoint, args.full_precision)
    tok, files = tokenizer.load(), {lang: fs for lang, fs in heldout_files().items() if lang in args.languages.split(",")}
    report = {"at": saved["at"], "config": saved["config"], "text": text_bits(model, tok, files, args.windows)}
    if not args.quick:
        holes = [h for lang in files for h in make_holes(files[lang], args.holes)]
        report["holes"], answers = holes_report(model, tok, holes)
        checkpoint = pathlib.Path(args.checkpoint)
        folder = HERE / ".runs" / checkpoint.stem if checkpoint.suffix == ".gguf" else checkpoint.parent
        folder.mkdir(parents=True, exist_ok=True)
        with open(folder / "answers.jsonl", "w") as out:
            for h, answer in zip(holes, answers):
                out.write(json.dumps({"path": h["pkg"] + ":" + h["path"], "line": h["prefix"].rsplit("\n", 1)[-1],
                                      "right": h["middle"], "answer": answer}) + "\n")
        (folder / "eval.json").write_text(json.dumps(report, indent=1) + "\n")
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
