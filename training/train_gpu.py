"""Training for a given time on one GPU: the rows come from feeder.py, no second is wasted, and the rate falls to zero
at the given time.

    python train_gpu.py --rows ROWS --run RUN --minutes 25 --width 512 --layers 8 --heads 8 --kv-heads 2 --ffn 1408

RUN/end holds the time of the end (seconds since 1970) and may be changed while the run continues; the decay is the
last --decay-share of the time until then. Master weights in 16 bits are written every --save-seconds in pieces of 15
MB (`cat masters.pt.* > masters.pt`), and at the end, before RUN/done. train.py has a loop that can be stopped and
continued exactly.
"""
import argparse
import contextlib
import dataclasses
import io
import json
import os
import pathlib
import threading
import time
import traceback

import numpy as np
import torch
import torch.nn.functional as F

import options
from model import Config, Model
from optimisers import Optimisers, has_bfloat16

PIECE_BYTES = 15_000_000


class Rows:
    """All rows that have come, on the device. A thread reads new files. Every row is given out once before any is given
    out again, unless training is faster than the rows come."""

    def __init__(self, folder, device, capacity, ahead):
        self.folder, self.device, self.capacity, self.ahead = pathlib.Path(folder), device, capacity, ahead
        self.store, self.count, self.waiting, self.again = {}, {}, {}, 0
        self.lock, self.rng = threading.Lock(), np.random.default_rng(0)
        threading.Thread(target=self.watch, daemon=True).start()

    def watch(self):
        while True:
            # Reading takes the interpreter away from the training, so no more is read than will be needed soon.
            while self.fresh_tokens() > self.ahead:
                time.sleep(0.2)
            paths = sorted(self.folder.glob("rows-*.npy"))
            for path in paths:
                try:
                    self.add(np.load(path))
                except Exception:
                    traceback.print_exc()
                path.unlink()
            if not paths:
                time.sleep(0.05)

    def add(self, rows):
        length, n = rows.shape[2] - 1, len(rows)
        if not n:
            return
        if length not in self.store:
            size = int(self.capacity // length)
            self.store[length] = (torch.zeros(size, length + 1, dtype=torch.int16, device=self.device),
                                  torch.zeros(size, length + 1, dtype=torch.uint8, device=self.device))
            self.count[length] = 0
        ids, w = self.store[length]
        have = self.count[length]
        n = min(n, len(ids) - have)
        if n <= 0:
            return
        ids[have:have + n] = torch.from_numpy(rows[:n, 0].astype(np.int16)).to(self.device)
        w[have:have + n] = torch.from_numpy(rows[:n, 1].astype(np.uint8)).to(self.device)
        with self.lock:
            self.count[length] = have + n
            old = self.waiting.get(length, np.zeros(0, np.int64))
            self.waiting[length] = self.rng.permutation(np.concatenate((old, np.arange(have, have + n))))

    def batch(self, length, count):
        """(inputs [count, length] int64, targets, weights float) of rows that were not given out before, if there are
        any."""
        while self.count.get(length, 0) < count:
            time.sleep(0.05)
        with self.lock:
            if len(self.waiting[length]) < count:
                self.waiting[length] = self.rng.permutation(self.count[length])
                self.again += 1
            chosen, self.waiting[length] = self.waiting[length][:count], self.waiting[length][count:]
        chosen = torch.from_numpy(chosen).to(self.device)
        ids, w = (x[chosen] for x in self.store[length])
        ids = ids.long()
        return ids[:, :-1].contiguous(), ids[:, 1:].contiguous(), w[:, 1:].float()

    def fresh_tokens(self):
        with self.lock:
            return sum(length * len(x) for length, x in list(self.waiting.items()))


def head_loss(h, embedding, targets, weights):
    logits = F.linear(h.flatten(0, 1), embedding)
    nats = F.cross_entropy(logits.float(), targets.flatten(), reduction="none")
    return (nats * weights.flatten()).sum() / weights.sum().clamp(min=1)


class Run:
    def __init__(self, args):
        self.args, self.folder = args, pathlib.Path(args.run)
        self.folder.mkdir(parents=True, exist_ok=True)
        torch.manual_seed(0)
        torch.set_float32_matmul_precision("high")
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self.config = Config(vocab=args.vocab, context=args.long_length, **{k: getattr(args, k) for k in ("width", "layers", "heads", "kv_heads", "ffn", "rope_base")})
        self.model = Model(self.config)
        if args.init:
            self.model.load_state_dict({k: v.float() for k, v in torch.load(args.init, map_location="cpu")["model"].items()})
        self.model.to(self.device)
        self.optimisers = Optimisers(self.model, args)
        self.rows = Rows(args.rows, self.device, args.capacity, args.ahead)
        self.step, self.tokens, self.began, self.factor = 0, args.tokens_before, time.time(), 1.0
        self.mix, self.micro, self.parts = torch.zeros((), device=self.device), args.micro_tokens, args.parts
        self.turn, self.saver, self.good = 0, None, None
        if not (self.folder / "end").exists():
            (self.folder / "end").write_text(str(time.time() + 60 * args.minutes))
        self.end, self.looked = float((self.folder / "end").read_text()), time.time()
        self.log = open(self.folder / "log.jsonl", "a")
        self.head = head_loss
        if args.compile:
            torch._dynamo.config.cache_size_limit = 64
            for block in self.model.blk:
                block.compile(dynamic=False)
            self.head = torch.compile(head_loss, dynamic=False)

    def say(self, text):
        print(f"{time.time() - self.began:7.1f}", text, flush=True)

    def rate(self):
        now = time.time()
        if now - self.looked > 2:
            self.end, self.looked = float((self.folder / "end").read_text() or self.end), now
        whole = self.end - self.began
        left = max(0.0, self.end - now) / (self.args.decay_share * whole)
        return self.factor * min(1.0, (self.step + 1) / self.args.warmup, left), now >= self.end

    def set_mix(self):
        a = self.args
        self.mix.fill_(min(1.0, max(0.0, (self.tokens - a.ternary_from) / max(1.0, a.ternary_ramp))))

    def micro_step(self):
        self.turn += 1
        length = self.args.long_length if self.turn % self.args.long_every == 0 else self.args.length
        ids, targets, weights = self.rows.batch(length, max(1, self.micro // length))
        with torch.autocast(self.device, torch.bfloat16) if has_bfloat16() else contextlib.nullcontext():
            h = self.model.hidden(ids, self.mix)
            loss = self.head(h, self.model.token_embd.weight, targets, weights)
        (loss / self.parts).backward()
        self.tokens += ids.numel()
        return loss.detach()

    def whole_step(self, rate):
        self.set_mix()
        total = sum(self.micro_step() for _ in range(self.parts)) / self.parts
        self.optimisers.step(rate)
        self.step += 1
        return total

    def prepare(self):
        """Tries both lengths; if one fails, tries it without the compiler or with smaller pieces."""
        while True:
            try:
                for _ in range(2 * self.args.long_every):
                    self.micro_step()
                    self.sync()
                break
            except torch.OutOfMemoryError:
                self.micro, self.parts = self.micro // 2, self.parts * 2
                self.say(f"out of memory: now {self.micro} tokens at once")
            except Exception:
                traceback.print_exc()
                if self.head is head_loss:
                    raise
                self.say("without the compiler")
                self.head = head_loss
                for block in self.model.blk:
                    block._compiled_call_impl = None
                self.micro, self.parts = self.micro // 2, self.parts * 2
            self.model.zero_grad(set_to_none=True)
            if self.device == "cuda":
                torch.cuda.empty_cache()
        self.model.zero_grad(set_to_none=True)
        self.tokens = self.args.tokens_before
        self.say("ready")

    def sync(self):
        if self.device == "cuda":
            torch.cuda.synchronize()

    def save(self):
        state = {k: v.detach().half().cpu() for k, v in self.model.state_dict().items()}
        self.good = {k: v.detach().clone() for k, v in self.model.state_dict().items()}
        saved = dict(config=dataclasses.asdict(self.config), model=state, args=vars(self.args),
                     at=dict(step=self.step, tokens=self.tokens, seconds=round(time.time() - self.began, 1)))
        if self.saver:
            self.saver.join()
        self.saver = threading.Thread(target=self.write, args=(saved,))
        self.saver.start()

    def write(self, saved):
        buffer = io.BytesIO()
        torch.save(saved, buffer)
        data, new = buffer.getvalue(), self.folder / "new"
        new.mkdir(exist_ok=True)
        for i in range(0, len(data), PIECE_BYTES):
            (new / f"masters.pt.{i // PIECE_BYTES:02d}").write_bytes(data[i:i + PIECE_BYTES])
        for path in new.iterdir():
            os.replace(path, self.folder / path.name)

    def recover(self):
        self.say("loss is no number: back to the last good weights, at a lower rate")
        if self.good:
            self.model.load_state_dict(self.good)
        self.factor *= 0.6
        self.optimisers = Optimisers(self.model, self.args)

    def go(self):
        self.prepare()
        saved, since, before, total, count = time.time(), time.time(), self.tokens, 0.0, 0
        while True:
            rate, over = self.rate()
            if over or (self.args.max_steps and self.step >= self.args.max_steps):
                break
            total, count = total + self.whole_step(rate), count + 1
            if self.step % self.args.log_steps == 0:
                mean, now = float(total) / count, time.time()
                entry = dict(step=self.step, tokens=self.tokens, seconds=round(now - self.began, 1), loss=round(mean, 4), rate=round(rate, 3),
                             mix=round(float(self.mix), 2), per_second=round((self.tokens - before) / (now - since)),
                             waiting=self.rows.fresh_tokens(), again=self.rows.again, left=round(self.end - now))
                self.log.write(json.dumps(entry) + "\n")
                self.log.flush()
                self.say(entry)
                since, before, total, count = now, self.tokens, 0.0, 0
                if mean != mean or mean > 20:
                    self.recover()
                elif now - saved > self.args.save_seconds:
                    self.save()
                    saved = now
        self.save()
        self.saver.join()
        (self.folder / "done").write_text("done")
        self.say(f"done: {self.step} steps, {self.tokens} tokens")


def parser():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--rows", required=True)
    a.add_argument("--run", required=True)
    a.add_argument("--init", help="master weights to go on from")
    a.add_argument("--minutes", type=float, default=25)
    a.add_argument("--decay-share", type=float, default=0.28)
    a.add_argument("--warmup", type=int, default=200)
    a.add_argument("--ternary-from", type=float, default=120e6)
    a.add_argument("--ternary-ramp", type=float, default=60e6)
    a.add_argument("--tokens-before", type=int, default=0, help="that --init has seen")
    a.add_argument("--micro-tokens", type=int, default=65536, help="tokens of one forward and backward pass")
    a.add_argument("--parts", type=int, default=2, help="such passes of one step")
    a.add_argument("--length", type=int, default=512)
    a.add_argument("--long-length", type=int, default=2048)
    a.add_argument("--long-every", type=int, default=4)
    a.add_argument("--save-seconds", type=float, default=100)
    a.add_argument("--capacity", type=float, default=2.5e9, help="tokens of rows of one length kept on the device")
    a.add_argument("--ahead", type=float, default=300e6, help="tokens of rows not trained on yet that are enough")
    a.add_argument("--max-steps", type=int, default=0, help="stop then")
    a.add_argument("--log-steps", type=int, default=50)
    a.add_argument("--vocab", type=int, default=8192)
    a.add_argument("--compile", action="store_true")
    options.add_optimisers(a)
    for name, kind in (("width", int), ("layers", int), ("heads", int), ("kv_heads", int), ("ffn", int)):
        a.add_argument("--" + name.replace("_", "-"), type=kind, required=True)
    a.add_argument("--rope-base", type=float, default=10000.0)
    return a


if __name__ == "__main__":
    Run(parser().parse_args()).go()
