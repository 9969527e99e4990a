"""Muon for the matrices of the body, AdamW for the rest."""
import functools
import pathlib
import re

import torch


@functools.cache
def has_bfloat16():
    """Whether this machine multiplies bfloat16 matrices faster than float32 ones: a GPU, or a CPU with AMX or AVX-512
    BF16. Other CPUs are much slower with them (docs/measurements/training.md)."""
    cpu = pathlib.Path("/proc/cpuinfo")
    return torch.cuda.is_available() or (cpu.exists() and re.search("amx_bf16|avx512_bf16", cpu.read_text()) is not None)


def orthogonalise(g, steps=5):
    """Approximates the nearest half-orthogonal matrix by a quintic Newton-Schulz iteration. g [N, rows, columns],
    batched."""
    x = (g / (g.norm(dim=(1, 2), keepdim=True) + 1e-7)).to(torch.bfloat16 if has_bfloat16() else g.dtype)
    flip = x.shape[1] > x.shape[2]
    if flip:
        x = x.mT
    for _ in range(steps):
        a = x @ x.mT
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
    return (x.mT if flip else x).to(g.dtype)


class Muon(torch.optim.Optimizer):
    """Momentum whose direction is made orthogonal. Matrices of equal shape are processed together."""

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


class Optimisers:
    """The optimisers of one model. The schedule gives the share of the full learning rates."""

    def __init__(self, model, args):
        matrices = [p for p in model.blk.parameters() if p.ndim == 2]
        vectors = [p for p in model.parameters() if p.ndim == 1]
        self.clipped = vectors + [model.token_embd.weight]
        groups = [dict(params=[model.token_embd.weight], weight_decay=0.0), dict(params=vectors, weight_decay=0.0)]
        if args.optimiser == "adamw":
            groups.append(dict(params=matrices, weight_decay=args.weight_decay))
        self.all = [torch.optim.AdamW(groups, lr=args.adam_lr, betas=(0.9, 0.95), eps=1e-10, fused=True)]
        if args.optimiser == "muon":
            self.all.append(Muon(matrices, lr=args.lr, decay=args.weight_decay))
        self.full_rates = [[g["lr"] for g in o.param_groups] for o in self.all]

    def step(self, rate):
        """One update at `rate` (0 to 1) of the full learning rates; clears the gradients."""
        torch.nn.utils.clip_grad_norm_(self.clipped, 1.0)
        for o, full in zip(self.all, self.full_rates):
            for g, lr in zip(o.param_groups, full):
                g["lr"] = lr * rate
            o.step()
            o.zero_grad(set_to_none=True)

    def state(self):
        return [o.state_dict() for o in self.all]

    def load(self, states):
        for o, state in zip(self.all, states):
            o.load_state_dict(state)
