"""The clean text in compressed parts, for training on a machine that cannot reach a registry.

    python pack.py write --out .data/parts --part-mb 60     # .data/train.jsonl -> part-000.jsonl.xz, part-001.jsonl.xz,
...
    python pack.py read --parts .data/parts                 # on that machine: the parts that have come ->
.data/train.jsonl

Parts are filled epoch by epoch, so that the first one alone has every language in its share. The held-out text and
the tokenizer are small and are copied as they are.
"""
import argparse
import json
import lzma
import pathlib

from corpus import Corpus, Writer
from data import DATA

PRESET = 4      # a third of the time of the usual 6, for about 5 % more bytes


class Part:
    """One compressed file with a limit for its bytes."""

    def __init__(self, folder, number):
        self.compressor, self.size = lzma.LZMACompressor(preset=PRESET), 0
        self.path = folder / f"part-{number:03d}.jsonl.xz"
        self.file = open(self.path, "wb")

    def add(self, line):
        data = self.compressor.compress(line)
        self.size += len(data)
        self.file.write(data)

    def close(self):
        self.file.write(self.compressor.flush())
        self.file.close()


def in_epochs(corpus):
    """Every file once, in the order in which the epochs use them."""
    seen, number = set(), 0
    while len(seen) < len(corpus.records):
        fresh = {r["at"]: r for r in corpus.epoch(number) if r["at"] not in seen}
        seen.update(fresh)
        yield from corpus.read(fresh.values())
        number += 1


def write(corpus, folder, part_bytes):
    """Returns the paths of the parts. A part may exceed the limit by what the compressor holds back, about 4 MB."""
    folder.mkdir(parents=True, exist_ok=True)
    parts = []
    for f in in_epochs(corpus):
        if not parts or parts[-1].size > part_bytes:
            if parts:
                parts[-1].close()
            parts.append(Part(folder, len(parts)))
        parts[-1].add((json.dumps(f) + "\n").encode())
    if parts:
        parts[-1].close()
    return [p.path for p in parts]


def read(folder, path):
    """Writes the corpus from all parts in a folder. Returns how many files it has."""
    count = 0
    with Writer(path) as out:
        for part in sorted(folder.glob("part-*.jsonl.xz")):
            with lzma.open(part, "rt") as lines:
                for line in lines:
                    out.add(json.loads(line))
                    count += 1
    return count


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("command", choices=["write", "read"])
    a.add_argument("--out", default=str(DATA / "parts"))
    a.add_argument("--parts", default=str(DATA / "parts"))
    a.add_argument("--part-mb", type=float, default=60)
    args = a.parse_args()
    if args.command == "write":
        for path in write(Corpus(DATA / "train.jsonl"), pathlib.Path(args.out), int(args.part_mb * 1e6)):
            print(path, f"{path.stat().st_size / 1e6:.1f} MB")
    else:
        print(read(pathlib.Path(args.parts), DATA / "train.jsonl"), "files")


if __name__ == "__main__":
    main()
