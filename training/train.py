"""The training loop, the same on a CPU and on one GPU.

    python train.py --run .runs/v5 --init ../models/sterna-builtin.gguf      # a constant rate, without an end
    python train.py --run .runs/v5 --resume                                  # continue after any stop, on any machine
    python train.py --run .runs/v5-end --branch .runs/v5/last.pt --decay-tokens 2e6  # lower the rate to zero
    torchrun --standalone --nproc-per-node 2 -- train.py --threads 1 ...     # one process per core, see Team

schedule.py describes the rate. SIGTERM saves and stops. While a pause file exists (--pause-file, or .runs/PAUSE) the
loop sleeps, so that others can measure on a quiet machine.
"""
import contextlib
import dataclasses
import json
import os
import pathlib
import signal
import time

import torch

import masters
import options
import schedule
import tokenizer
from model import Config, Model
from optimisers import Optimisers, has_bfloat16
from rows import Rows
from team import Team

HERE = pathlib.Path(__file__).parent
SHOWN_STEPS = 25      # between two entries of the log


def load_start(args, run):
    """What the run starts from: (Config, weights or None, optimiser states or None, record)."""
    last = run / "last.pt"
    source = last if args.resume and last.exists() else args.branch
    if source:
        saved = torch.load(source, map_location="cpu", weights_only=False)
        config, at = Config(**saved["config"]), saved["at"]
        config.context = max(args.length, args.long_length, config.context)
        if source == args.branch:
            at |= dict(decay=None, done=0.0)
        return config, saved["model"], saved["optimisers"], at
    at = schedule.start()
    if args.init and str(args.init).endswith(".gguf"):
        config, weights = masters.from_gguf(args.init)
    elif args.init:
        saved = torch.load(args.init, map_location="cpu", weights_only=False)
        config, weights = Config(**saved["config"]), saved["model"]
    else:
        shape = {f.name: getattr(args, f.name) for f in dataclasses.fields(Config) if hasattr(args, f.name)}
        config, weights = Config(vocab=tokenizer.load().get_vocab_size(), **shape), None
    config.context = max(args.length, args.long_length, config.context if weights else 0)
    return config, weights, None, at


class Run:
    """One run of the loop: the model, its optimisers, its place in the data and its folder."""

    def __init__(self, args):
        self.args, self.team, self.schedule = args, Team(), schedule.Schedule(args)
        torch.manual_seed(0)
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        torch.set_num_threads(args.threads)
        torch.set_float32_matmul_precision("high")
        torch.set_flush_denormal(True)      # the squared ReLU has small, denormal gradients, which are very slow on a CPU
        self.folder = HERE / args.run
        self.folder.mkdir(parents=True, exist_ok=True)
        self.pauses = [pathlib.Path(p) for p in args.pause_file or [HERE / ".runs" / "PAUSE"]]
        self.config, weights, states, self.at = load_start(args, self.folder)
        self.model = Model(self.config)
        if weights:
            self.model.load_state_dict(weights)
        self.model.to(self.device)
        self.optimisers = Optimisers(self.model, args)
        if states:
            self.optimisers.load(states)
        self.loss_of = torch.compile(self.model.loss, dynamic=False) if args.compile else self.model.loss
        self.rows, self.masks = {}, {}
        self.stopping = []

    def say(self, entry):
        if self.team.rank == 0:
            print(entry, flush=True)

    def save(self, name, whole=True):
        """Writes a checkpoint. Without the optimisers' states it can be measured, but not continued exactly."""
        self.team.check(self.model.parameters())
        if self.team.rank != 0:
            return
        path = self.folder / name
        torch.save(dict(config=dataclasses.asdict(self.config), model=self.model.state_dict(), at=self.at, args=vars(self.args),
                        optimisers=self.optimisers.state() if whole else []), path.with_suffix(".tmp"))
        os.replace(path.with_suffix(".tmp"), path)

    def mask(self, length):
        """The causal mask as a matrix, with which compiled attention is faster on a CPU (see Block); else None."""
        if not self.args.compile or self.device != "cpu":
            return None
        if length not in self.masks:
            self.masks[length] = torch.full((length, length), float("-inf")).triu(1)
        return self.masks[length]

    def next_batch(self):
        """(ids [B, T + 1], weights [B, T]) of the next step, on the device."""
        a, length = self.args, self.args.length
        if a.long_length and self.at["step"] % a.long_every == a.long_every - 1:
            length = a.long_length
        count = max(1, a.batch * a.length // length)
        rows = self.rows.setdefault(length, Rows(length, self.team))
        ids, w, self.at["places"][length] = rows.batch(self.at["places"].get(length, [a.epoch, 0]), count)
        return ids.to(self.device, non_blocking=True), w.to(self.device, non_blocking=True)

    def step(self, done):
        """One update. Returns (loss as a tensor, tokens)."""
        began, cpu = time.time(), time.process_time()
        mix = self.schedule.mix(self.at)
        mix = torch.tensor(mix, device=self.device) if mix is not None and mix < 1 else mix
        ids, w = self.next_batch()
        with torch.autocast(self.device, torch.bfloat16) if has_bfloat16() else contextlib.nullcontext():
            loss = self.loss_of(ids[:, :-1].contiguous(), ids[:, 1:].contiguous(), w, mix, self.mask(w.shape[1]))
        loss.backward()
        loss = self.team.average(list(self.model.parameters()), loss)
        self.optimisers.step(self.schedule.rate(self.at, done))
        tokens = w.numel() * self.team.size
        self.at["step"] += 1
        self.at["tokens"] += tokens
        self.at["seconds"] += time.time() - began
        self.at["cpu"] += time.process_time() - cpu
        return loss, tokens

    def is_over(self, done, began_seconds, end):
        a = self.args
        return (done >= 1 or (a.max_steps and self.at["step"] >= a.max_steps) or (end is not None and time.time() >= end)
                or (a.minutes is not None and self.at["seconds"] - began_seconds >= 60 * a.minutes))

    def pause(self):
        while any(p.exists() for p in self.pauses):
            time.sleep(1)

    def go(self):
        signal.signal(signal.SIGTERM, lambda *_: self.stopping.append(1))     # ends after this step, with a checkpoint
        self.say(f"{sum(p.numel() for p in self.model.parameters()) / 1e6:.2f} M parameters on {self.device}, from step {self.at['step']}")
        self.schedule.begin(self.at, time.time())
        end = schedule.clock_until(self.args.until, time.time()) if self.args.until else None
        saved_at, began_seconds, log = time.time(), self.at["seconds"], Log(self)
        while True:
            self.pause()
            # The first process decides, so that all stop at the same step and use the same clock.
            done = self.schedule.done(self.at, time.time())
            is_due = time.time() - saved_at > self.args.save_seconds
            over = bool(self.stopping) or self.is_over(done, began_seconds, end)
            done, over, is_due = self.team.agree([done, over, is_due])
            if over:
                break
            if is_due:
                self.save("last.pt")
                saved_at = time.time()
            self.at["done"] = done
            before = self.at["tokens"]
            log.add(*self.step(done), done)
            if before // self.args.snapshot_tokens != self.at["tokens"] // self.args.snapshot_tokens:
                self.save(f"curve-{self.at['step']:06d}.pt", whole=False)
        self.at["done"] = done
        self.save("last.pt")
        self.say(f"{'stopped' if done < 1 else 'done'} {self.at}")


class Log:
    """Writes an entry of log.jsonl and prints a line every SHOWN_STEPS steps. Raises SystemExit when the loss is not a
    number."""

    def __init__(self, run):
        self.run, self.file = run, open(run.folder / "log.jsonl" if run.team.rank == 0 else os.devnull, "a")
        self.clear()

    def clear(self):
        self.sum, self.count, self.tokens, self.since = 0.0, 0, 0, time.time()

    def add(self, loss, tokens, done):
        self.sum, self.count, self.tokens = self.sum + loss, self.count + 1, self.tokens + tokens
        run, at = self.run, self.run.at
        if at["step"] % SHOWN_STEPS:
            return
        mean = float(self.sum) / self.count
        if mean != mean or mean in (float("inf"), float("-inf")):
            raise SystemExit(f"loss {mean} at step {at['step']}: the last checkpoint is kept")
        mix = run.schedule.mix(at)
        entry = dict(step=at["step"], tokens=at["tokens"], seconds=round(at["seconds"], 1), cpu=round(at["cpu"], 1), done=round(done, 4),
                     loss=round(mean, 4), rate=round(run.schedule.rate(at, done), 4), mix=0.0 if mix is None else round(mix, 2),
                     per_second=round(self.tokens / (time.time() - self.since)))
        self.file.write(json.dumps(entry) + "\n")
        self.file.flush()
        run.say(entry)
        self.clear()


if __name__ == "__main__":
    Run(options.parse(__doc__)).go()
