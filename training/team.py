"""Several processes that train one model, each on one core: `torchrun --standalone --nproc-per-node 2 -- train.py
--threads 1 ...`.

Two threads of one process wait for each other in every operation; two processes do so only once per step, which
makes them faster (docs/measurements/training.md).
"""
import datetime
import os

import torch
import torch.distributed as dist


class Team:
    """This process as one of the run's processes; a single one without torchrun."""

    def __init__(self):
        self.rank, self.size = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
        if self.size > 1:
            # A pause of the training must not count as a failure.
            dist.init_process_group("gloo", timeout=datetime.timedelta(days=1))

    def meet(self):
        """Waits until all processes have called it."""
        if self.size > 1:
            dist.barrier()

    def agree(self, values):
        """The first process's values, as floats."""
        if self.size == 1:
            return values
        shared = torch.tensor(values, dtype=torch.float64)
        dist.broadcast(shared, 0)
        return shared.tolist()

    def average(self, parameters, loss):
        """Replaces this process's gradients by the mean of all processes'; returns the mean loss, a tensor."""
        if self.size == 1:
            return loss.detach()
        flat = torch.cat([p.grad.flatten() for p in parameters] + [loss.detach().float().view(1)])
        dist.all_reduce(flat)
        flat /= self.size
        at = 0
        for p in parameters:
            p.grad.copy_(flat[at:at + p.numel()].view_as(p))
            at += p.numel()
        return flat[-1]

    def check(self, parameters):
        """Every process computes the same update from the same gradients.

        Raises SystemExit when their weights differ nevertheless."""
        if self.size == 1:
            return
        sums = torch.stack([p.detach().double().sum() for p in parameters])
        others = sums.clone()
        dist.broadcast(others, 0)
        if not torch.equal(sums, others):
            raise SystemExit("the processes' weights have drifted apart: last checkpoint kept")
