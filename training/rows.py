"""The rows that a run trains on, epoch after epoch. They are made when they are needed, and kept."""
import os

import numpy as np
import torch

from corpus import Corpus
from data import DATA
from documents import build


class Rows:
    """Rows of one length in a fixed order. A place is [epoch, row]. The next epoch includes text that has come by then."""

    def __init__(self, length, team, path=DATA / "train.jsonl"):
        self.length, self.team, self.path, self.epoch = length, team, path, None

    def load(self, epoch):
        cached = DATA / f"rows-{self.length}-{epoch}.npz"
        if not cached.exists() and self.team.rank == 0:
            ids, w = build(Corpus(self.path), self.length, epoch, min(8, os.cpu_count()))
            np.savez(cached.with_suffix(".tmp.npz"), ids=ids, w=w)
            os.replace(cached.with_suffix(".tmp.npz"), cached)
        self.team.meet()
        with np.load(cached) as z:
            self.ids, self.w = z["ids"], z["w"]
        self.epoch = epoch

    def batch(self, place, count):
        """(ids [B, T + 1] int64, weights [B, T] float, next place): `count` rows for this process; other processes get
        others."""
        epoch, row = place
        if self.epoch != epoch:
            self.load(epoch)
        if row + count * self.team.size > len(self.ids):
            epoch, row = epoch + 1, 0
            self.load(epoch)
        mine = slice(row + count * self.team.rank, row + count * (self.team.rank + 1))
        ids = torch.from_numpy(self.ids[mine].astype(np.int64))
        w = torch.from_numpy(self.w[mine, 1:].astype(np.float32))
        return ids, w, [epoch, row + count * self.team.size]
