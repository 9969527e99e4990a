"""The training loop; the same on a CPU and on one GPU.

    python train.py --run .runs/v2 --minutes 80              # start
    python train.py --run .runs/v2 --minutes 80 --resume     # go on after any stop, also with other --minutes
    python train.py --run .runs/v2 --until 20:05             # be done at that time of day (UTC), whatever the speed
    torchrun --standalone --nproc-per-node 2 -- train.py --threads 1 ...     # a process for each core, see Team

The schedule follows the share of --minutes that training itself has used (pauses and stops do not count), or the clock's
way from the start to --until (they do): warm-up, then a linear decay to nothing from --decay-at on. Full precision until
--ternary-at, then the ternary weights and int8 activations are mixed in over --ternary-ramp. From --long-at on, rows of
--long-length tokens, as many tokens in a step as before.
SIGTERM saves and stops. While the file .runs/PAUSE exists the loop sleeps, so that others can measure on a quiet machine.
"""
import argparse
import dataclasses
import datetime
import functools
import json
import math
import os
import pathlib
import re
import signal
import time

import numpy as np
import torch

import tokenizer
from documents import build
from team import Team
from model import Config, Model
from tokenizer import DATA

HERE = pathlib.Path(__file__).parent
PAUSE = HERE / ".runs" / "PAUSE"


@functools.cache
def has_bfloat16():
    """Whether this machine multiplies bfloat16 matrices faster than float32 ones: a GPU, or a CPU with AMX or AVX-512 BF16
    (with AMX 3 to 5 times as fast)."""
    cpu = pathlib.Path("/proc/cpuinfo")
    return torch.cuda.is_available() or (cpu.exists() and re.search("amx_bf16|avx512_bf16", cpu.read_text()) is not None)


def orthogonalise(g, steps=5):
    """The nearest half-orthogonal matrix, about: a quintic Newton-Schulz iteration. g [N, rows, columns], batched."""
    x = (g / (g.norm(dim=(1, 2), keepdim=True) + 1e-7)).to(torch.bfloat16 if has_bfloat16() else g.dtype)
    flip = x.shape[1] > x.shape[2]
    if flip:
        x = x.mT
    for _ in range(steps):
        a = x @ x.mT
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
    return (x.mT if flip else x).to(g.dtype)


class Muon(torch.optim.Optimizer):
    """Momentum whose direction is made orthogonal, for the matrices of the body. Equal shapes go in one batch."""

    def __init__(self, params, lr, momentum=0.95, decay=0.0):
        super().__init__(params, dict(lr=lr, momentum=momentum, decay=decay))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            shapes = {}
            for p in group["params"]:
                shapes.setdefault(p.shape, []).append(p)
            for shape, ps in shapes.items():
                directions = []
                for p in ps:
                    buf = self.state[p].setdefault("momentum", torch.zeros_like(p))
                    buf.lerp_(p.grad, 1 - group["momentum"])
                    directions.append(p.grad.lerp(buf, group["momentum"]))
                updates = orthogonalise(torch.stack(directions))
                scale = max(1.0, shape[0] / shape[1]) ** 0.5
                for p, u in zip(ps, updates):
                    p.mul_(1 - group["lr"] * group["decay"])
                    p.add_(u, alpha=-group["lr"] * scale)


class Rows:
    """Training rows in a fixed order; the next epochs are made when they are needed."""

    def __init__(self, length, team, files_path=DATA / "train.jsonl"):
        self.length, self.team, self.path, self.epoch = length, team, files_path, None

    def turn_to(self, length):
        """Rows of another length from the next batch on."""
        self.length, self.epoch = length, None

    def load(self, epoch):
        cached = DATA / f"rows-{self.length}-{epoch}.npz"
        if not cached.exists() and self.team.rank == 0:
            ids, w = build([json.loads(x) for x in open(self.path)], self.length, epoch, min(8, os.cpu_count()))
            np.savez(cached.with_suffix(".tmp.npz"), ids=ids, w=w)
            os.replace(cached.with_suffix(".tmp.npz"), cached)
        self.team.meet()
        with np.load(cached) as z:
            self.ids, self.w = z["ids"], z["w"]
        self.epoch = epoch

    def batch(self, epoch, row, count):
        """(ids [B, T + 1] int64, weights [B, T] float, next epoch, next row): `count` rows for this process, others for
        the others."""
        if self.epoch != epoch:
            self.load(epoch)
        if row + count * self.team.size > len(self.ids):
            epoch, row = epoch + 1, 0
            self.load(epoch)
        mine = slice(row + count * self.team.rank, row + count * (self.team.rank + 1))
        ids = torch.from_numpy(self.ids[mine].astype(np.int64))
        w = torch.from_numpy(self.w[mine, 1:].astype(np.float32))
        return ids, w, epoch, row + count * self.team.size


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--run", default=".runs/v1", help="folder of this run's checkpoint and log")
    a.add_argument("--resume", action="store_true")
    a.add_argument("--minutes", type=float, default=80, help="training time of the whole schedule")
    a.add_argument("--until", help="HH:MM in UTC within the next 24 hours, in place of --minutes")
    a.add_argument("--cpu-minutes", type=float, help="processor time of the schedule, in place of --minutes: for runs that "
                   "are compared, beside other work")
    a.add_argument("--max-steps", type=int, default=0, help="stop early (for measurements)")
    a.add_argument("--batch", type=int, default=4, help="rows per step and process")
    a.add_argument("--length", type=int, default=512)
    a.add_argument("--optimiser", choices=["muon", "adamw"], default="muon")
    a.add_argument("--lr", type=float, default=0.015, help="of Muon")
    a.add_argument("--adam-lr", type=float, default=0.0025, help="of AdamW: embedding, norms (and matrices without Muon)")
    a.add_argument("--decay", type=float, default=0.02, help="weight decay of the matrices")
    a.add_argument("--warmup", type=int, default=50, help="steps")
    a.add_argument("--ternary-at", type=float, default=0.4)
    a.add_argument("--ternary-ramp", type=float, default=0.03)
    a.add_argument("--decay-at", type=float, default=0.0)
    a.add_argument("--long-at", type=float, default=1.0)
    a.add_argument("--long-length", type=int, default=2048)
    a.add_argument("--snapshots", type=int, default=12, help="checkpoints for the learning curve, evenly over the schedule")
    a.add_argument("--save-seconds", type=float, default=240)
    a.add_argument("--threads", type=int, default=2)
    a.add_argument("--compile", action="store_true")
    a.add_argument("--init", help="take the weights (not the optimiser) of this checkpoint")
    a.add_argument("--epoch", type=int, default=0, help="the first one: with --init, what that checkpoint has not seen")
    for f in dataclasses.fields(Config):
        if f.name not in ("vocab", "context", "eps"):
            a.add_argument("--" + f.name.replace("_", "-"), type=f.type, default=f.default)
    args = a.parse_args()
    team = Team()
    torch.manual_seed(0)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.set_num_threads(args.threads)
    torch.set_float32_matmul_precision("high")
    torch.set_flush_denormal(True)      # the squared ReLU's small gradients are denormal: very slow on a CPU
    run = HERE / args.run
    run.mkdir(parents=True, exist_ok=True)
    config = Config(vocab=tokenizer.load().get_vocab_size(), width=args.width, layers=args.layers, heads=args.heads, kv_heads=args.kv_heads, ffn=args.ffn,
                    context=args.long_length if args.long_at < 1 else args.length, rope_base=args.rope_base)
    model = Model(config).to(device)
    matrices = [p for n, p in model.blk.named_parameters() if p.ndim == 2]
    parameters = list(model.parameters())
    vectors = [p for p in model.parameters() if p.ndim == 1]
    adam_groups = [dict(params=[model.token_embd.weight], weight_decay=0.0), dict(params=vectors, weight_decay=0.0)]
    if args.optimiser == "adamw":
        adam_groups.append(dict(params=matrices, weight_decay=args.decay))
    optimisers = [torch.optim.AdamW(adam_groups, lr=args.adam_lr, betas=(0.9, 0.95), eps=1e-10, fused=True)]
    if args.optimiser == "muon":
        optimisers.append(Muon(matrices, lr=args.lr, decay=args.decay))
    rates = [[g["lr"] for g in o.param_groups] for o in optimisers]
    at = dict(step=0, seconds=0.0, cpu=0.0, tokens=0, epoch=args.epoch, row=0, length=args.length, done=0.0)
    last = run / "last.pt"
    if args.resume and last.exists():
        saved = torch.load(last, map_location=device, weights_only=False)
        model.load_state_dict(saved["model"])
        for o, s in zip(optimisers, saved["optimisers"]):
            o.load_state_dict(s)
        at = saved["at"]
    elif args.init:
        model.load_state_dict(torch.load(args.init, map_location=device, weights_only=False)["model"])
    rows = Rows(at["length"], team)
    loss_of = torch.compile(model.loss, dynamic=False) if args.compile else model.loss

    def mask_of(length):
        return torch.full((length, length), float("-inf")).triu(1) if args.compile and device == "cpu" else None

    def share_done():
        """The place in the schedule, 0 to 1; it never goes back."""
        if args.until:
            now = datetime.datetime.now(datetime.timezone.utc)
            hour, minute = map(int, args.until.split(":"))
            end = now.replace(hour=hour, minute=minute, second=0, microsecond=0).timestamp()
            began = at.setdefault("began", now.timestamp())
            end += 86400 if end < began else 0
            return max(at["done"], (now.timestamp() - began) / (end - began))
        return at["cpu"] / (args.cpu_minutes * 60) if args.cpu_minutes else at["seconds"] / (args.minutes * 60)

    mask, batch = mask_of(at["length"]), args.batch * args.length // at["length"]

    def save(path, whole=True):
        team.check(model.parameters())
        if team.rank != 0:
            return
        tmp = path.with_suffix(".tmp")
        torch.save(dict(config=dataclasses.asdict(config), model=model.state_dict(), at=at, args=vars(args),
                        optimisers=[o.state_dict() for o in optimisers] if whole else []), tmp)
        os.replace(tmp, path)

    def say(entry):
        if team.rank == 0:
            print(entry, flush=True)

    say(f"{sum(p.numel() for p in model.parameters()) / 1e6:.2f} M parameters on {device}, from step {at['step']}")
    log = open(run / "log.jsonl" if team.rank == 0 else os.devnull, "a")
    mean, count, saved_at, shown = 0.0, 0, time.time(), time.time()
    amp = torch.autocast(device, torch.bfloat16, enabled=has_bfloat16())
    stopping = []
    signal.signal(signal.SIGTERM, lambda *_: stopping.append(1))     # ends after this step, with a checkpoint
    while True:
        while PAUSE.exists():
            time.sleep(1)
        # The first process decides, so that all stop at the same step and go by the same clock.
        is_due = time.time() - saved_at > args.save_seconds
        done, is_stopping, is_due = team.agree([share_done(), len(stopping), is_due])
        if is_stopping or done >= 1 or (args.max_steps and at["step"] >= args.max_steps):
            break
        if is_due:
            save(last)
            saved_at = time.time()
        began, cpu = time.time(), time.process_time()
        if math.floor(done * args.snapshots) > math.floor(at["done"] * args.snapshots):
            save(run / f"curve-{at['step']:06d}.pt", whole=False)
        at["done"] = done
        if done >= args.long_at and at["length"] != args.long_length:
            at["length"] = args.long_length
            rows.turn_to(at["length"])
            at["epoch"], at["row"] = at["epoch"] + 1, 0      # files that the short rows have not come to
            mask, batch = mask_of(at["length"]), max(1, args.batch * args.length // at["length"])
        rate = min(1.0, (at["step"] + 1) / args.warmup, max(0.0, (1 - done) / (1 - args.decay_at)) if args.decay_at < 1 else 1.0)
        for o, base in zip(optimisers, rates):
            for g, lr in zip(o.param_groups, base):
                g["lr"] = lr * rate
        # A tensor, so that a compiled graph does not depend on its value; None is a graph without rounding.
        level = (done - args.ternary_at) / max(args.ternary_ramp, 1e-9)
        mix = None if level <= 0 else torch.tensor(min(1.0, math.ceil(level * 50) / 50), device=device)
        ids, w, at["epoch"], at["row"] = rows.batch(at["epoch"], at["row"], batch)
        ids, w = ids.to(device, non_blocking=True), w.to(device, non_blocking=True)
        with amp:
            loss = loss_of(ids[:, :-1].contiguous(), ids[:, 1:].contiguous(), w, mix, mask)
        loss.backward()
        value = team.average(parameters, loss)
        torch.nn.utils.clip_grad_norm_(vectors + [model.token_embd.weight], 1.0)
        for o in optimisers:
            o.step()
            o.zero_grad(set_to_none=True)
        if not math.isfinite(value):
            raise SystemExit(f"loss {value} at step {at['step']}: last checkpoint kept")
        mean, count = mean + value, count + 1
        at["step"] += 1
        at["tokens"] += w.numel() * team.size
        at["seconds"] += time.time() - began
        at["cpu"] += time.process_time() - cpu
        if at["step"] % 25 == 0:
            entry = dict(step=at["step"], tokens=at["tokens"], seconds=round(at["seconds"], 1), cpu=round(at["cpu"], 1),
                         done=round(done, 4), loss=round(mean / count, 4),
                         rate=round(rate, 4), mix=0.0 if mix is None else round(mix.item(), 2),
                         per_second=round(25 * w.numel() * team.size / (time.time() - shown)))
            log.write(json.dumps(entry) + "\n")
            log.flush()
            say(entry)
            mean, count, shown = 0.0, 0, time.time()
    save(last)
    say(f"{'stopped' if is_stopping else 'done'} {at}")


if __name__ == "__main__":
    main()
