"""Training rows: files cut into documents, most of them with a hole to fill in, packed into rows of equal length.

    python documents.py --length 512 --epoch 0        # .data/train.jsonl -> .data/rows-512-0.npz

The two document forms (this is also what the engine sends; every {segment} is tokenized on its own):
    BOS FILE {path\\n} SUFFIX {suffix} PREFIX {prefix} MIDDLE {middle} END      fill in the middle
    BOS FILE {path\\n} PREFIX {text}                                           left to right
Another epoch cuts the same files at other places and makes other holes.
"""
import argparse
import json
import multiprocessing
import random
import re

import numpy as np

import tokenizer
from tokenizer import BOS, DATA, END, EOS, FILE, MIDDLE, PREFIX, SUFFIX

FIM_SHARE = 0.65
SMALLEST = 64        # tokens: a shorter rest of a row is padded, not filled
SUFFIX_LINES = 20    # what the engine sends at most
# Loss weights: the middle is what the model is for, and is a small part of the tokens; the path teaches nothing.
W_TEXT, W_MIDDLE, W_PATH = 1, 3, 0

# Where people stop typing and wait: after an opener, an operator, a dot, and after the space behind a word or operator.
STOP = re.compile(r"(?<=[.(\[{=,:!&|?<>+])|(?<=[\w=,:(>&|+\-*/] )")


def one_hole(line, rng):
    """(start, end) of a hole inside one line: the middle is line[start:end], what stays is the suffix's first line."""
    body = len(line) - len(line.lstrip())
    kind = rng.random()
    if kind < 0.12:                                           # the whole line after its indentation
        return body, len(line)
    if kind < 0.26:                                           # arguments: the editor has closed the bracket already
        pairs = [m for m in re.finditer(r"\(([^()\n]+)\)|\[([^\[\]\n]+)\]|\{([^{}\n]+)\}|([\"'`])[^\"'`\n]+\4", line)]
        if pairs:
            m = rng.choice(pairs)
            return m.start() + 1, m.end() - 1
    if kind < 0.66:                                           # to the end of the line from where people stop
        stops = [m.start() for m in STOP.finditer(line) if body < m.start() < len(line)]
        if stops:
            start = rng.choice(stops)
        else:
            start = rng.randrange(body, len(line))
    else:                                                     # from any character: mostly half a word
        start = rng.randrange(body, len(line))
    if kind > 0.93:
        return start, rng.randrange(start + 1, len(line) + 1)  # a span inside the line
    if rng.random() < 0.2:                                    # closers typed by the editor stay in the suffix
        closers = re.search(r"[)\]}\"'`>]+[;,:]?$", line[start:])
        if closers and closers.start() > 0:
            return start, start + closers.start()
    return start, len(line)


def cut(lines, rng):
    """lines of one window -> (prefix, middle, suffix) strings, or None when there is nothing to ask for."""
    places = [i for i, line in enumerate(lines) if line.strip()]
    if not places:
        return None
    low = int(len(places) * 0.35)
    i = rng.choice(places[low:] or places)
    ended = rng.random()
    if ended < 0.15:                                          # nothing after the cursor
        i = places[-1]
    line = lines[i]
    if rng.random() < 0.12:                                   # several lines
        count = rng.randint(2, 7)
        last = min(i + count, len(lines)) - 1
        start = len(line) - len(line.lstrip()) if rng.random() < 0.6 else rng.randrange(len(line) + 1)
        before, middle, rest = line[:start], "\n".join([line[start:]] + lines[i + 1:last + 1]), ""
    else:
        last = i
        start, end = one_hole(line, rng)
        before, middle, rest = line[:start], line[start:end], line[end:]
    after = lines[last + 1:last + 1 + SUFFIX_LINES]
    if rng.random() < 0.3:
        after = after[:rng.randint(1, 6)]
    prefix = "".join(x + "\n" for x in lines[:i]) + before
    suffix = rest + "".join("\n" + x for x in after)
    if ended < 0.15:
        suffix = rest
    return prefix, middle, suffix


def fit(path, prefix, middle, suffix, room, enc):
    """Token ids and loss weights of a fill-in document of at most `room` tokens; the far ends are cut, whole lines first."""
    p, m, s, h = enc(prefix), enc(middle), enc(suffix), enc(path + "\n")
    fixed = len(h) + len(m) + 6
    left = room - fixed
    if left < 16:
        return None
    s = s[:max(left // 3, left - len(p))]
    while len(p) > left - len(s):
        head, _, rest = prefix.partition("\n")
        if not rest:
            return None
        extra = len(p) - (left - len(s))
        # Drop about as many characters as there are tokens too many (three each), then look again.
        at = prefix.find("\n", min(extra * 2, len(prefix) - 1))
        prefix = prefix[at + 1:] if 0 <= at < len(prefix) - 1 else rest
        p = enc(prefix)
    ids = [BOS, FILE, *h, SUFFIX, *s, PREFIX, *p, MIDDLE, *m, END]
    w = [0, W_PATH] + [W_PATH] * len(h) + [0] + [W_TEXT] * len(s) + [0] + [W_TEXT] * len(p) + [0] + [W_MIDDLE] * (len(m) + 1)
    return ids, w


def rows_of(files, length, seed):
    """files -> (ids uint16 [N, length + 1], weights uint8 [N, length + 1]); weight i belongs to predicting token i."""
    tok, rng = tokenizer.load(), random.Random(seed)
    enc = lambda text: tok.encode(text, add_special_tokens=False).ids if text else []
    all_ids, all_w, ids, w = [], [], [], []
    for f in files:
        lines = f["text"].rstrip("\n").split("\n")
        sizes = [len(e.ids) for e in tok.encode_batch([x + "\n" for x in lines], add_special_tokens=False)]
        at = 0
        path = "/".join(f["path"].split("/")[-rng.randint(1, 4):])
        while at < len(lines):
            room = length + 1 - len(ids)
            total, n = 24, 0
            while at + n < len(lines) and (n == 0 or total + sizes[at + n] <= room):
                total += sizes[at + n]
                n += 1
            if n < len(lines) - at and n > 3 and rng.random() < 0.25:
                n = rng.randint(n // 3, n)                     # some documents are short, as a young file is
            window = lines[at:at + n]
            at += n
            doc = None
            if rng.random() < FIM_SHARE and (hole := cut(window, rng)):
                doc = fit(path, *hole, room, enc)
            if doc is None:
                h, body = enc(path + "\n"), enc("".join(x + "\n" for x in window))
                doc = ([BOS, FILE, *h, PREFIX, *body][:room], ([0] + [W_PATH] * (1 + len(h)) + [0] + [W_TEXT] * len(body))[:room])
            ids += doc[0]
            w += doc[1]
            if length + 1 - len(ids) < SMALLEST:
                pad = length + 1 - len(ids)
                all_ids.append(ids + [EOS] * pad)
                all_w.append(w + [0] * pad)
                ids, w = [], []
    return np.array(all_ids, np.uint16), np.array(all_w, np.uint8)


def build(files, length, epoch, processes=2):
    """All rows of one epoch, shuffled."""
    rng = random.Random(f"epoch {epoch}")
    files = list(files)
    rng.shuffle(files)
    jobs = [(files[i:i + 400], length, f"{epoch} {i}") for i in range(0, len(files), 400)]
    with multiprocessing.Pool(processes) as pool:
        parts = pool.starmap(rows_of, jobs)
    ids, w = np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])
    order = np.random.default_rng(epoch).permutation(len(ids))
    return ids[order], w[order]


if __name__ == "__main__":
    a = argparse.ArgumentParser()
    a.add_argument("--length", type=int, default=512)
    a.add_argument("--epoch", type=int, default=0)
    a.add_argument("--processes", type=int, default=2)
    args = a.parse_args()
    files = [json.loads(line) for line in open(DATA / "train.jsonl")]
    ids, w = build(files, args.length, args.epoch, args.processes)
    np.savez(DATA / f"rows-{args.length}-{args.epoch}.npz", ids=ids, w=w)
    print(f"{len(ids)} rows of {args.length}, {(w > 0).mean():.3f} of the tokens count, {(w == W_MIDDLE).mean():.3f} are middles, "
          f"{(ids == EOS).mean():.3f} padding")
