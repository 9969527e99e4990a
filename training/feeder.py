"""Makes the rows of a training run in advance, in separate processes, from the parts of the text that have come
(pack.py).

    python feeder.py --parts PARTS --out ROWS --processes 14      # until ROWS/stop exists

Every job takes a number of files and writes one file of rows, rows-LENGTH-NUMBER.npy: uint16 [rows, 2, length + 1],
the token ids and the loss weights. The trainer removes a file after reading it; while many are waiting, no more are
made.

The text is taken in rings, one for each language, in the shares of languages.py. A ring consists of small groups of
files of one package, so that a document can quote other files; each round of a ring has other groups, holes and
cuts.
"""
import argparse
import json
import lzma
import multiprocessing
import os
import pathlib
import random
import subprocess
import time

import numpy as np

from documents import rows_of
from languages import SHARE

GROUP_FILES = 12          # files of one package and language that stay together
JOB_BYTES = 1_500_000     # text of one job
WAITING = 600             # no more files of rows than these are made before the trainer has read some


class Ring:
    """The files of one language, group after group, endlessly."""

    def __init__(self, seed):
        self.packages, self.rng, self.left, self.fresh = {}, random.Random(seed), [], []

    def add(self, f):
        self.packages.setdefault(f["pkg"], []).append(f)
        self.fresh.append(f)

    def groups(self, files):
        packages = {}
        for f in files:
            packages.setdefault(f["pkg"], []).append(f)
        out = []
        for members in packages.values():
            self.rng.shuffle(members)
            out += [members[i:i + GROUP_FILES] for i in range(0, len(members), GROUP_FILES)]
        return out

    def mix_in(self):
        """Adds the files that have come since to the present round."""
        if self.fresh:
            self.left += self.groups(self.fresh)
            self.rng.shuffle(self.left)
            self.fresh = []

    def take(self, size):
        """Groups of files with about `size` characters. What the last group has too many counts against the next call."""
        out = []
        while size > 0 and self.packages:
            if not self.left:
                self.left = self.groups([f for members in self.packages.values() for f in members])
                self.rng.shuffle(self.left)
            group = self.left.pop()
            out.append(group)
            size -= sum(len(f["text"]) for f in group)
        return out, size


class Text:
    """All rings, and the parts from which they were read."""

    def __init__(self, folder):
        self.folder, self.read, self.owed = folder, set(), dict.fromkeys(SHARE, 0.0)
        self.rings = {lang: Ring(lang) for lang in SHARE}

    def look(self):
        """Reads the parts that have come since the last call."""
        for part in sorted(self.folder.glob("part-*.jsonl.*")):
            if part.name in self.read or part.suffix not in (".xz", ".zst"):
                continue
            self.read.add(part.name)
            count = 0
            for line in lines_of(part):
                f = json.loads(line)
                self.rings[f["lang"]].add(f)
                count += 1
            for ring in self.rings.values():
                ring.mix_in()
            print(f"{part.name}: {count} files", flush=True)

    def job(self):
        """The files of one job, in the shares of the languages over many jobs; files of a package are next to each
        other."""
        present = sum(share for lang, share in SHARE.items() if self.rings[lang].packages)
        groups = []
        for lang, share in SHARE.items():
            self.owed[lang] += share / present * JOB_BYTES
            got, self.owed[lang] = self.rings[lang].take(self.owed[lang]) if self.rings[lang].packages else ([], 0.0)
            groups += got
        random.Random(len(groups)).shuffle(groups)
        return [f for group in groups for f in group]


def lines_of(part):
    if part.suffix == ".xz":
        with lzma.open(part, "rt") as lines:
            yield from lines
    else:
        try:
            import zstandard
        except ImportError:
            with subprocess.Popen(["zstd", "-dcq", "--long=27", str(part)], stdout=subprocess.PIPE, text=True, encoding="utf-8") as program:
                yield from program.stdout
            return
        with zstandard.open(part, "rt", dctx=zstandard.ZstdDecompressor(max_window_size=2**30), encoding="utf-8", newline="\n") as lines:
            yield from lines


def make(files, length, number, out):
    ids, w = rows_of(files, length, f"{number} {length}")
    path = out / f"rows-{length}-{number:06d}.npy"
    with open(path.with_suffix(".tmp"), "wb") as f:
        np.save(f, np.stack((ids, w.astype(np.uint16)), 1))
    os.replace(path.with_suffix(".tmp"), path)


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--parts", required=True)
    a.add_argument("--out", required=True)
    a.add_argument("--processes", type=int, default=14)
    a.add_argument("--length", type=int, default=512)
    a.add_argument("--long-length", type=int, default=2048)
    a.add_argument("--long-every", type=int, default=4, help="each of so many jobs makes long rows")
    args = a.parse_args()
    out = pathlib.Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    text, number, running = Text(pathlib.Path(args.parts)), 0, []
    with multiprocessing.Pool(args.processes) as pool:
        while not (out / "stop").exists():
            text.look()
            for done in [r for r in running if r.ready()]:
                done.get()
                running.remove(done)
            if len(running) >= 2 * args.processes or not text.read or len(os.listdir(out)) > WAITING:
                time.sleep(0.05)
                continue
            length = args.long_length if number % args.long_every == args.long_every - 1 else args.length
            running.append(pool.apply_async(make, (text.job(), length, number, out)))
            number += 1


if __name__ == "__main__":
    main()
