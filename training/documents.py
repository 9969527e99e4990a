"""Training rows: cuts files into documents, most of them with a hole to fill in, and packs these into rows of equal
length.

    python documents.py --length 512 --epoch 0        # .data/train.jsonl -> .data/rows-512-0.npz

The two document forms, which are also what the engine sends. Every {segment} is tokenized separately:
    BOS pieces FILE {path\\n} SUFFIX {suffix} PREFIX {prefix} MIDDLE {middle} END      fill in the middle
    BOS pieces FILE {path\\n} PREFIX {text}                                           left to right
The pieces, each FILE {path\\n} {text\\n}, are from other files of the same package; most documents have none.
An epoch is a part of the files in the shares of the languages, and the next one takes the next part. When all files
of a language have been used, they are used again, cut at other places and with other holes.
"""
import argparse
import collections
import multiprocessing
import random
import re

import numpy as np

import tokenizer
from corpus import Corpus
from languages import LANGUAGES
from tokenizer import BOS, DATA, END, EOS, FILE, MIDDLE, PREFIX, SUFFIX

FIM_SHARE = 0.65
SMALLEST = 64        # tokens: a shorter rest of a row is padded, not filled
SUFFIX_LINES = 20    # the engine sends at most so many
# Pieces of other files in front: the share of documents that have them, and the most of a document's tokens that they
# take.
PIECES_SHARE, PIECES_ROOM, PIECE_LINES = 0.25, 0.3, (4, 24)
# Loss weights: the model is made for the middle, which is a small part of the tokens; the path teaches nothing.
W_TEXT, W_MIDDLE, W_PATH = 1, 3, 0

# Where people pause while typing: after an opener, an operator or a dot, and after the space behind a word or operator.
STOP = re.compile(r"(?<=[.(\[{=,:!&|?<>+])|(?<=[\w=,:(>&|+\-*/] )")
BRACKETS = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}
LONGEST_HOLE = 12    # lines
# A small model is bad at prose and does not need to write it: most long comments are cut to their first line, and most
# holes in comments are not used.
LONG_COMMENT = re.compile(r"^([ \t]*)(/\*\*?)[ \t]*\n[ \t]*\*?[ \t]*(.*)\n(?:(?!.*\*/).*\n){2,}.*\*/[ \t]*$"
                          r"|^([ \t]*)([rR]?\"\"\"|[rR]?''')(?:[ \t]*\n[ \t]*)?(\S.*)\n(?:(?!.*(?:\"\"\"|''')).*\n){2,}.*(?:\"\"\"|''')[ \t]*$", re.M)
CUT_COMMENTS, SKIPPED_COMMENTS = 0.7, 0.75
LINE_COMMENTS = re.compile(r"^([ \t]*)(//[/!]?|#|--)((?=\s).*)\n(?:\1\2(?=\s).*\n){2,}\1\2(?=\s).*$", re.M)
COMMENT = {name: re.compile(r"\s*(?:" + language.comment + ")") for name, language in LANGUAGES.items()}


def indent(line):
    return len(line) - len(line.lstrip())


def shorten_comments(text, rng, lang="ts"):
    if lang == "md":
        return text

    def shorter(m):
        if rng.random() >= CUT_COMMENTS:
            return m[0]
        if m[2]:
            return f"{m[1]}{m[2]} {m[3]} */"
        return f"{m[4]}{m[5]}{m[6]}{m[5][-3:]}"

    def first_line(m):
        return m[0] if rng.random() >= CUT_COMMENTS else m[1] + m[2] + m[3]
    return LINE_COMMENTS.sub(first_line, LONG_COMMENT.sub(shorter, text))


def one_hole(line, rng):
    """(start, end) of a hole inside one line: the middle is line[start:end], the rest is the suffix's first line."""
    body = indent(line)
    kind = rng.random()
    if kind < 0.12:                                           # the whole line after its indentation
        return body, len(line)
    if kind < 0.26:                                           # arguments: the editor has closed the bracket already
        pairs = [m for m in re.finditer(r"\(([^()\n]+)\)|\[([^\[\]\n]+)\]|\{([^{}\n]+)\}|([\"'`])[^\"'`\n]+\4", line)]
        if pairs:
            m = rng.choice(pairs)
            return m.start() + 1, m.end() - 1
    if kind < 0.68:                                           # to the end of the line from where people pause
        stops = [m.start() for m in STOP.finditer(line) if body < m.start() < len(line)]
        if stops:
            start = rng.choice(stops)
        else:
            start = rng.randrange(body, len(line))
    else:                                                     # from any character: mostly half a word
        start = rng.randrange(body, len(line))
    if kind > 0.96:
        return start, rng.randrange(start + 1, len(line) + 1)  # a span inside the line
    if rng.random() < 0.2:                                    # closers typed by the editor stay in the suffix
        closers = re.search(r"[)\]}\"'`>]+[;,:]?$", line[start:])
        if closers and closers.start() > 0:
            return start, start + closers.start()
    return start, len(line)


def block_end(lines, i):
    """The last line of the block that line i opens, without its closer: only lines that are indented further. i when
    there is none."""
    last, depth = i, indent(lines[i])
    for j in range(i + 1, len(lines)):
        if lines[j].strip():
            if indent(lines[j]) <= depth:
                break
            last = j
    return last


def statement_end(lines, i, start):
    """The line where what begins at column `start` of line i has closed its brackets, or its block without brackets."""
    depth = 0
    for j in range(i, min(i + LONGEST_HOLE, len(lines))):
        depth += sum(BRACKETS.get(c, 0) for c in (lines[j][start:] if j == i else lines[j]))
        if depth <= 0:
            return block_end(lines, j) if j == i and lines[j].endswith(":") else j
    return i


def cut(lines, rng, lang="ts"):
    """Lines of one window -> (prefix, middle, suffix) strings, or None when there is nothing to fill in."""
    places = [i for i, line in enumerate(lines)
              if line.strip() and not (COMMENT[lang].match(line) and rng.random() < SKIPPED_COMMENTS)]
    if not places:
        return None
    i = rng.choice(places[int(len(places) * 0.35):] or places)
    line, end = lines[i], None
    nothing_after = rng.random() < 0.15
    block = block_end(lines, i) if rng.random() < 0.3 else i
    if i < block <= i + LONGEST_HOLE and block < len(lines) - 1:
        # A block: from the end of its opener, from its first line or from inside the opening line, to its end.
        if rng.random() < 0.6:
            start = len(line)
        else:
            start = one_hole(line, rng)[0]
        last = block
    elif nothing_after:
        # Without a suffix that shows that more follows, the middle must not end inside an open bracket.
        start = one_hole(line, rng)[0]
        last = statement_end(lines, i, start)
        if last > i + LONGEST_HOLE:
            last = i
    else:
        last = i
        start, end = one_hole(line, rng)
    if last > i:
        middle, rest = "\n".join([line[start:]] + lines[i + 1:last + 1]), ""
    else:
        end = len(line) if end is None else end
        middle, rest = line[start:end], line[end:]
    after = lines[last + 1:last + 1 + SUFFIX_LINES]
    if rng.random() < 0.3:
        after = after[:rng.randint(1, 6)]
    prefix = "".join(x + "\n" for x in lines[:i]) + line[:start]
    suffix = rest if nothing_after else rest + "".join("\n" + x for x in after)
    return prefix, middle, suffix


def fit(path, prefix, middle, suffix, room, enc, pieces=()):
    """Token ids and loss weights of a fill-in document of at most `room` tokens. What is too long is cut at its far
    ends, whole lines first. pieces: the tokens between BOS and the file."""
    p, m, s, h = enc(prefix), enc(middle), enc(suffix), enc(path + "\n")
    fixed = len(h) + len(m) + len(pieces) + 6
    left = room - fixed
    if left < 16:
        return None
    s = s[:max(left // 3, left - len(p))]
    while len(p) > left - len(s):
        head, _, rest = prefix.partition("\n")
        if not rest:
            return None
        extra = len(p) - (left - len(s))
        # Drops about as many characters as there are tokens too many (three each), then counts again.
        at = prefix.find("\n", min(extra * 2, len(prefix) - 1))
        prefix = prefix[at + 1:] if 0 <= at < len(prefix) - 1 else rest
        p = enc(prefix)
    ids = [BOS, *pieces, FILE, *h, SUFFIX, *s, PREFIX, *p, MIDDLE, *m, END]
    w = [0, *pieces_weights(pieces), W_PATH] + [W_PATH] * len(h) + [0] + [W_TEXT] * len(s) + [0] + [W_TEXT] * len(p) + [0]
    return ids, w + [W_MIDDLE] * (len(m) + 1)


def pieces_weights(pieces):
    return [0 if t == FILE else W_TEXT for t in pieces]


WORD = re.compile(r"[A-Za-z_]\w{3,}")


def pieces_for(f, window, others, room, rng, enc):
    """Tokens of one to three pieces of other files in the package, at most `room`. Of several candidates they are those
    with most words in common with the window, which is how the engine chooses them as well."""
    words, found = set(WORD.findall("\n".join(window))), []
    for other in rng.sample(others, min(6, len(others))):
        if other["path"] == f["path"]:
            continue
        lines = other["text"].split("\n")
        at = rng.randrange(len(lines))
        text = "\n".join(lines[at:at + rng.randint(*PIECE_LINES)]).strip("\n")
        found.append((len(words & set(WORD.findall(text))), other["path"], text))
    found.sort(reverse=True)
    out = []
    for common, path, text in found[:rng.randint(1, 3)][::-1]:       # the best one last, as in the engine
        ids = [FILE, *enc("/".join(path.split("/")[-3:]) + "\n"), *enc(text + "\n")]
        if common and len(out) + len(ids) <= room:
            out += ids
    return out


def rows_of(files, length, seed):
    """files -> (ids uint16 [N, length + 1], weights uint8 [N, length + 1]); weight i belongs to predicting token i."""
    tok, rng = tokenizer.load(), random.Random(seed)
    enc = lambda text: tok.encode(text, add_special_tokens=False).ids if text else []
    packages = collections.defaultdict(list)
    for f in files:
        packages[f["pkg"], f["lang"]].append(f)
    all_ids, all_w, ids, w = [], [], [], []
    for f in files:
        lines = shorten_comments(f["text"], rng, f["lang"]).rstrip("\n").split("\n")
        sizes = [len(e.ids) for e in tok.encode_batch([x + "\n" for x in lines], add_special_tokens=False)]
        at = 0
        path = "/".join(f["path"].split("/")[-rng.randint(1, 4):])
        while at < len(lines):
            room = length + 1 - len(ids)
            pieces = []
            if room > 256 and rng.random() < PIECES_SHARE:
                pieces = pieces_for(f, lines[at:at + 40], packages[f["pkg"], f["lang"]], int(room * PIECES_ROOM), rng, enc)
            total, n = 24 + len(pieces), 0
            while at + n < len(lines) and (n == 0 or total + sizes[at + n] <= room):
                total += sizes[at + n]
                n += 1
            if n < len(lines) - at and n > 3 and rng.random() < 0.25:
                n = rng.randint(n // 3, n)                     # some documents are short, like a new file
            window = lines[at:at + n]
            at += n
            doc = None
            if rng.random() < FIM_SHARE and (hole := cut(window, rng, f["lang"])):
                doc = fit(path, *hole, room, enc, pieces)
            if doc is None:
                h, body = enc(path + "\n"), enc("".join(x + "\n" for x in window))
                doc = ([BOS, *pieces, FILE, *h, PREFIX, *body][:room],
                       ([0, *pieces_weights(pieces)] + [W_PATH] * (1 + len(h)) + [0] + [W_TEXT] * len(body))[:room])
            ids += doc[0]
            w += doc[1]
            if length + 1 - len(ids) < SMALLEST:
                pad = length + 1 - len(ids)
                all_ids.append(ids + [EOS] * pad)
                all_w.append(w + [0] * pad)
                ids, w = [], []
    return np.array(all_ids, np.uint16).reshape(-1, length + 1), np.array(all_w, np.uint8).reshape(-1, length + 1)


def build(corpus, length, epoch, processes=2):
    """All rows of one epoch, shuffled. Until then the files of a package stay together, because the pieces are taken
    from there."""
    chosen = corpus.read(corpus.epoch(epoch))
    chosen.sort(key=lambda f: f["pkg"])
    jobs = [(chosen[i:i + 400], length, f"{epoch} {length} {i}") for i in range(0, len(chosen), 400)]
    with multiprocessing.Pool(processes) as pool:
        parts = pool.starmap(rows_of, jobs)
    ids, w = np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])
    order = np.random.default_rng(epoch).permutation(len(ids))
    return ids[order], w[order]


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--length", type=int, default=512)
    a.add_argument("--epoch", type=int, default=0)
    a.add_argument("--processes", type=int, default=2)
    args = a.parse_args()
    ids, w = build(Corpus(DATA / "train.jsonl"), args.length, args.epoch, args.processes)
    np.savez(DATA / f"rows-{args.length}-{args.epoch}.npz", ids=ids, w=w)
    print(f"{len(ids)} rows of {args.length}, {(w > 0).mean():.3f} of the tokens count, {(w == W_MIDDLE).mean():.3f} are middles, "
          f"{(ids == EOS).mean():.3f} padding")


if __name__ == "__main__":
    main()
