"""The options of train.py."""
import argparse
import dataclasses

from model import Config


def optional(kind):
    return dict(type=kind, default=None)


def add_run(a):
    a.add_argument("--run", default=".runs/v5", help="folder of this run's checkpoints and log")
    a.add_argument("--resume", action="store_true", help="go on from the run's last checkpoint, where there is one")
    a.add_argument("--branch", help="start from this checkpoint with its optimiser and its place in the data, as for a decay")
    a.add_argument("--init", help="start from the weights alone of a checkpoint or a .gguf file (model or master weights)")
    a.add_argument("--pause-file", action="append", help="sleep while this file exists (may be given several times; .runs/PAUSE)")
    a.add_argument("--save-seconds", type=float, default=240)
    a.add_argument("--snapshot-tokens", type=float, default=1e6, help="keep the weights every so many tokens, for the learning curve")
    a.add_argument("--threads", type=int, default=2)
    a.add_argument("--compile", action="store_true")


def add_schedule(a):
    a.add_argument("--warmup", type=int, default=50, help="steps")
    a.add_argument("--decay-tokens", **optional(float), help="let the rate fall to nothing over so many tokens from here, and end")
    a.add_argument("--decay-minutes", **optional(float), help="... over so many minutes of training")
    a.add_argument("--decay-cpu-minutes", **optional(float), help="... over so many minutes of this process's processor time: for "
                   "runs that are compared, beside other work")
    a.add_argument("--decay-until", **optional(str), help="... until this time of day, HH:MM in UTC")
    a.add_argument("--max-steps", type=int, default=0, help="stop then")
    a.add_argument("--minutes", **optional(float), help="stop after so many minutes of training")
    a.add_argument("--until", **optional(str), help="stop at this time of day, HH:MM in UTC")
    a.add_argument("--ternary-from", type=float, default=0, help="tokens of full precision before the rounding is mixed in")
    a.add_argument("--ternary-ramp", type=float, default=300_000, help="tokens over which it is")


def add_rows(a):
    a.add_argument("--batch", type=int, default=4, help="rows of --length per step and process; longer ones are fewer")
    a.add_argument("--length", type=int, default=512)
    a.add_argument("--long-length", type=int, default=0, help="some steps have rows of this length, and the model gets this context")
    a.add_argument("--long-every", type=int, default=4, help="each of so many steps is one with long rows")
    a.add_argument("--epoch", type=int, default=0, help="the first one: with --init, what those weights have not seen")


def add_optimisers(a):
    a.add_argument("--optimiser", choices=["muon", "adamw"], default="muon")
    a.add_argument("--lr", type=float, default=0.015, help="of Muon")
    a.add_argument("--adam-lr", type=float, default=0.0025, help="of AdamW: embedding, norms (and matrices without Muon)")
    a.add_argument("--weight-decay", type=float, default=0.02, help="of the matrices")


def parse(description, arguments=None):
    """The arguments of a command line, or of a list of str."""
    a = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    for add in (add_run, add_schedule, add_rows, add_optimisers):
        add(a)
    # The shape. With --init, --branch and --resume it is that of the weights.
    for f in dataclasses.fields(Config):
        if f.name not in ("vocab", "context", "eps"):
            a.add_argument("--" + f.name.replace("_", "-"), type=f.type, default=f.default)
    args = a.parse_args(arguments)
    if sum(x is not None for x in (args.decay_tokens, args.decay_minutes, args.decay_cpu_minutes, args.decay_until)) > 1:
        a.error("a decay has one length: say one of --decay-tokens, --decay-minutes, --decay-cpu-minutes, --decay-until")
    return args
