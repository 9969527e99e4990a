"""Finds exact and near-duplicate files, and how much of a held-out file is in the training text.

Near-duplicates are found by MinHash over the lines of a file. 8 bands of 4 find a pair that shares 70 % of its lines
with probability 0.89. Files that a band brings together are dropped only when their lines really agree.
"""
import collections
import hashlib
import re
import zlib

import numpy as np

BANDS, BAND_ROWS = 8, 4
NEAR = 0.7
LONG_LINE = 25       # characters: a shorter line may be equal by chance
NEW_SHARE = 1 / 3    # at most this share of a held-out file's long lines may be in the training text: packages copy from one another


class Known:
    """The files that have come so far; `add` tells whether the next one is new."""

    def __init__(self):
        rng = np.random.default_rng(0)
        self.factor = rng.integers(1, 2**31, (BANDS * BAND_ROWS, 1), dtype=np.uint64) * 2 + 1
        self.offset = rng.integers(0, 2**31, (BANDS * BAND_ROWS, 1), dtype=np.uint64)
        self.exact, self.buckets, self.lines_of = set(), [{} for _ in range(BANDS)], []
        self.gone = collections.Counter()

    def add(self, text):
        digest = hashlib.sha256(re.sub(r"\s+", "", text).encode()).digest()[:16]
        if digest in self.exact:
            self.gone["exact"] += 1
            return False
        self.exact.add(digest)
        lines = {zlib.crc32(s.encode()) for line in text.split("\n") if len(s := line.strip()) > 5}
        own = np.fromiter(lines, np.uint64, len(lines))
        if not len(own):
            return False
        mins = (((own * self.factor + self.offset) >> np.uint64(8)) & np.uint64(0xFFFFFFFF)).min(1)
        keys = [mins[i * BAND_ROWS:(i + 1) * BAND_ROWS].tobytes() for i in range(BANDS)]
        rivals = {r for bucket, key in zip(self.buckets, keys) for r in bucket.get(key, ())[:8]}
        own.sort()
        for r in rivals:
            common = len(np.intersect1d(own, self.lines_of[r], assume_unique=True))
            if common >= NEAR * (len(own) + len(self.lines_of[r]) - common):
                self.gone["near"] += 1
                return False
        for bucket, key in zip(self.buckets, keys):
            bucket.setdefault(key, []).append(len(self.lines_of))
        self.lines_of.append(own)
        return True


def long_lines(text):
    return {zlib.crc32(s.encode()) for line in text.split("\n") if len(s := line.strip()) >= LONG_LINE}


def is_new(text, known):
    """Whether a held-out file has enough long lines, few of which are among those of the training text (a set)."""
    lines = long_lines(text)
    return len(lines) >= 5 and len(lines & known) / len(lines) < NEW_SHARE
