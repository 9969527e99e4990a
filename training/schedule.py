"""The schedule of a run: a warm-up, a constant rate for as long as there is time, and a decay to zero when it is asked
for.

While the rate is constant nothing depends on when the run will end, so it can be stopped and continued on any
machine. A decay is a separate run that branches off from a checkpoint of the constant one, which can continue
afterwards.

`at` is the record of a run that its checkpoints keep: step, tokens, seconds (of training, without pauses and stops),
cpu (of this process), done (0 to 1 of the decay), and decay, the same figures as they were when the decay began.
"""
import datetime
import math


def clock_until(text, now):
    """Seconds since 1970 of the next HH:MM (UTC) after `now`, in the same unit."""
    moment = datetime.datetime.fromtimestamp(now, datetime.timezone.utc)
    hour, minute = map(int, text.split(":"))
    end = moment.replace(hour=hour, minute=minute, second=0, microsecond=0).timestamp()
    return end if end > now else end + 86400


def start():
    return dict(step=0, tokens=0, seconds=0.0, cpu=0.0, done=0.0, places={}, decay=None)


class Schedule:
    """warmup: steps. The decay lasts for one of: decay_tokens, decay_minutes (of training), decay_cpu_minutes (of this
    process), decay_until (HH:MM, UTC). With none of them the rate stays constant."""

    def __init__(self, args):
        self.warmup = args.warmup
        self.tokens, self.minutes = args.decay_tokens, args.decay_minutes
        self.cpu_minutes, self.until = args.decay_cpu_minutes, args.decay_until
        self.ternary_from, self.ternary_ramp = args.ternary_from, args.ternary_ramp

    @property
    def decays(self):
        return any(x is not None for x in (self.tokens, self.minutes, self.cpu_minutes, self.until))

    def begin(self, at, now):
        """Records where the decay begins, once; `now` in seconds since 1970."""
        if self.decays and at["decay"] is None:
            at["decay"] = dict(tokens=at["tokens"], seconds=at["seconds"], cpu=at["cpu"], clock=now)

    def done(self, at, now):
        """How far the decay is, 0 to 1; it never goes back. 0 while the rate is constant."""
        if not self.decays:
            return 0.0
        began = at["decay"]
        if self.tokens is not None:
            share = (at["tokens"] - began["tokens"]) / self.tokens
        elif self.minutes is not None:
            share = (at["seconds"] - began["seconds"]) / (60 * self.minutes)
        elif self.cpu_minutes is not None:
            share = (at["cpu"] - began["cpu"]) / (60 * self.cpu_minutes)
        else:
            share = (now - began["clock"]) / (clock_until(self.until, began["clock"]) - began["clock"])
        return min(1.0, max(at["done"], share))

    def rate(self, at, done):
        """The share of the full learning rate that applies now."""
        return min(1.0, (at["step"] + 1) / max(1, self.warmup)) * (1 - done)

    def mix(self, at):
        """How much the rounding to ternary weights and int8 activations counts: None for a graph without it, else 0 to
        1 in steps of 1/50."""
        level = (at["tokens"] - self.ternary_from) / max(self.ternary_ramp, 1)
        if self.ternary_from > 0 and level <= 0:
            return None
        return min(1.0, math.ceil(max(level, 0.02) * 50) / 50) if self.ternary_from > 0 else 1.0
