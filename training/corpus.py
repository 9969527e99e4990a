"""The clean text on disk, with an index, so that an epoch reads only its own files.

A corpus is a .jsonl file of {"pkg", "path", "lang", "text"} and beside it an index, .index.jsonl, of {"pkg", "lang", "size",
"at"}: the length of the text in characters, and the byte at which its line begins.
"""
import json
import os
import random

from languages import SHARE

EPOCH_BYTES = 32e6


def index_of(path):
    return path.with_suffix(".index.jsonl")


class Writer:
    """Writes a corpus and its index. Both appear under their names only when everything has been written."""

    def __init__(self, path):
        self.path, self.paths = path, (path, index_of(path))

    def __enter__(self):
        self.text, self.index = (open(p.with_name(p.name + ".tmp"), "wb") for p in self.paths)
        return self

    def add(self, f):
        record = {"pkg": f["pkg"], "lang": f["lang"], "size": len(f["text"]), "at": self.text.tell()}
        self.text.write((json.dumps(f) + "\n").encode())
        self.index.write((json.dumps(record) + "\n").encode())

    def __exit__(self, kind, *_):
        self.text.close()
        self.index.close()
        for temporary, path in zip((self.text.name, self.index.name), self.paths):
            if kind is None:
                os.replace(temporary, path)
            else:
                os.remove(temporary)


class Corpus:
    def __init__(self, path):
        self.path = path
        with open(index_of(path)) as lines:
            self.records = [json.loads(line) for line in lines]

    def read(self, records=None):
        """The files of some records, or of all, in the order on the disk."""
        records = self.records if records is None else records
        with open(self.path, "rb") as text:
            out = []
            for record in sorted(records, key=lambda r: r["at"]):
                text.seek(record["at"])
                out.append(json.loads(text.readline()))
            return out

    def epoch(self, number, size=EPOCH_BYTES):
        """The records of one epoch, about `size` characters in the shares of the languages. Each language is a ring of
        its files in an order of its own: the next epoch continues where this one ends, and starts again after the
        last file."""
        chosen, size = [], min(size, sum(r["size"] for r in self.records))
        rings = {lang: [r for r in self.records if r["lang"] == lang] for lang in SHARE}
        present = sum(SHARE[lang] for lang, ring in rings.items() if ring)
        for lang, ring in rings.items():
            if not ring:
                continue
            random.Random(lang).shuffle(ring)
            part = SHARE[lang] / present * size
            whole = sum(r["size"] for r in ring)
            begin, end = number * part, (number + 1) * part
            # Complete rounds before the beginning are skipped.
            at = begin // whole * whole
            while at < end:
                for r in ring:
                    if begin <= at < end:
                        chosen.append(r)
                    at += r["size"]
        return chosen
