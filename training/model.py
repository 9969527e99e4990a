"""The `bitnet-b1.58` decoder: RMSNorm, grouped-query attention with NEOX rotary positions, squared-ReLU gated
feed-forward, sub-norms before the two output projections, tied float head.

Shapes: B rows, T positions, D width, H query heads, G key/value heads, K = D / H head size, F feed-forward, V vocabulary.
"""
import dataclasses

import torch
import torch.nn.functional as F
from torch import nn


@dataclasses.dataclass
class Config:
    vocab: int = 8192
    width: int = 256
    layers: int = 4
    heads: int = 4
    kv_heads: int = 2
    ffn: int = 640
    context: int = 512
    rope_base: float = 10000.0
    eps: float = 1e-5


def ternary(w):
    """w -> (codes in {-1, 0, 1}, scale): weight = codes * scale, scale = mean |w| over the whole matrix."""
    scale = w.abs().mean().clamp(min=1e-8)
    return (w / scale).round().clamp(-1, 1), scale


def int8(x):
    """Per-token (last dimension) absmax rounding to 8 bits, back in float."""
    s = 127.0 / x.abs().amax(-1, keepdim=True).clamp(min=1e-5)
    return (x * s).round() / s


class RoundActivations(torch.autograd.Function):
    """`int8` with the gradient of its input, as if nothing had been rounded."""

    @staticmethod
    def forward(ctx, x):
        return int8(x)

    @staticmethod
    def backward(ctx, grad):
        return grad


class RoundWeights(torch.autograd.Function):
    """`ternary`, as codes times scale, with the gradient of its input, as if nothing had been rounded."""

    @staticmethod
    def forward(ctx, w):
        codes, scale = ternary(w)
        return codes * scale

    @staticmethod
    def backward(ctx, grad):
        return grad


def rounded(x, mix, function):
    """x, or `function(x)`, or a mixture. `mix` None means x itself, and 1.0 means complete rounding, as in inference. A
    tensor is the share of the rounding, so that a compiled graph does not depend on its value."""
    if mix is None:
        return x
    return function.apply(x) if isinstance(mix, float) else x + mix * (function.apply(x) - x).detach()


class TernaryLinear(nn.Module):
    """y = x @ ternary(w)^T without bias. x has been rounded already (see `rounded`, also for `mix`)."""

    def __init__(self, d_in, d_out, gain=1.0):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(d_out, d_in) * (gain * d_in ** -0.5))

    baked = False      # True once `weight` itself holds codes * scale (see Model.bake)

    def forward(self, x, mix):
        return F.linear(x, self.weight if self.baked else rounded(self.weight, mix, RoundWeights))


class RMSNorm(nn.Module):
    def __init__(self, size, eps):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.eps = eps

    def forward(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps) * self.weight


def rotate(x, cos, sin):
    """NEOX pairing: element i is rotated with element i + K/2. x [B, H, T, K]; cos, sin [T, K/2]."""
    a, b = x.chunk(2, -1)
    return torch.cat((a * cos - b * sin, b * cos + a * sin), -1)


class Block(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c = c
        kv = c.width // c.heads * c.kv_heads
        out_gain = 0.5 / c.layers ** 0.5
        self.attn_norm = RMSNorm(c.width, c.eps)
        self.attn_q = TernaryLinear(c.width, c.width)
        self.attn_k = TernaryLinear(c.width, kv)
        self.attn_v = TernaryLinear(c.width, kv)
        self.attn_sub_norm = RMSNorm(c.width, c.eps)
        self.attn_output = TernaryLinear(c.width, c.width, out_gain)
        self.ffn_norm = RMSNorm(c.width, c.eps)
        self.ffn_gate = TernaryLinear(c.width, c.ffn)
        self.ffn_up = TernaryLinear(c.width, c.ffn)
        self.ffn_sub_norm = RMSNorm(c.ffn, c.eps)
        self.ffn_down = TernaryLinear(c.ffn, c.width, out_gain)

    def forward(self, x, cos, sin, mix, cache=None, mask=None):
        b, t, d = x.shape
        c, k_size = self.c, d // self.c.heads
        h = rounded(self.attn_norm(x), mix, RoundActivations)
        q = rotate(self.attn_q(h, mix).view(b, t, c.heads, k_size).transpose(1, 2), cos, sin)
        k = rotate(self.attn_k(h, mix).view(b, t, c.kv_heads, k_size).transpose(1, 2), cos, sin)
        v = self.attn_v(h, mix).view(b, t, c.kv_heads, k_size).transpose(1, 2)
        causal = True
        if cache is not None:
            if cache:
                k, v = torch.cat((cache[0], k), 2), torch.cat((cache[1], v), 2)
                causal = False                      # a single new position sees everything
            cache[:] = [k, v]
        share = c.heads // c.kv_heads
        if share > 1:                               # query head i reads key/value head i // share
            k, v = k.repeat_interleave(share, 1), v.repeat_interleave(share, 1)
        if mask is not None:
            # Compiled, this is faster on a CPU than the library's fused kernel; not compiled, it is slower
            # (docs/measurements/training.md).
            o = ((q @ k.transpose(-1, -2)) * k_size ** -0.5 + mask).softmax(-1) @ v
        else:
            o = F.scaled_dot_product_attention(q, k, v, is_causal=causal)
        o = rounded(self.attn_sub_norm(o.transpose(1, 2).reshape(b, t, d)), mix, RoundActivations)
        x = x + self.attn_output(o, mix)
        h = rounded(self.ffn_norm(x), mix, RoundActivations)
        a = F.relu(self.ffn_gate(h, mix)).square() * self.ffn_up(h, mix)
        return x + self.ffn_down(rounded(self.ffn_sub_norm(a), mix, RoundActivations), mix)


class Model(nn.Module):
    rounding = None      # the `mix` that evaluation uses

    def __init__(self, c):
        super().__init__()
        self.c = c
        self.token_embd = nn.Embedding(c.vocab, c.width)
        nn.init.normal_(self.token_embd.weight, std=0.05)
        self.blk = nn.ModuleList(Block(c) for _ in range(c.layers))
        self.output_norm = RMSNorm(c.width, c.eps)
        k = c.width // c.heads
        angle = torch.outer(torch.arange(c.context).float(), c.rope_base ** (-torch.arange(0, k, 2).float() / k))
        self.register_buffer("cos", angle.cos(), persistent=False)
        self.register_buffer("sin", angle.sin(), persistent=False)

    def hidden(self, ids, mix, caches=None, mask=None):
        """ids [B, T] -> normalised last hidden states [B, T, D]. `caches`: one list per layer, filled and extended in
        place."""
        start = caches[0][0].shape[2] if caches and caches[0] else 0
        cos, sin = self.cos[start:start + ids.shape[1]], self.sin[start:start + ids.shape[1]]
        x = self.token_embd(ids)
        for i, block in enumerate(self.blk):
            x = block(x, cos, sin, mix, None if caches is None else caches[i], mask)
        return self.output_norm(x)

    @torch.no_grad()
    def bake(self):
        """Replaces the trained weights by the ternary values, for evaluation. The forward pass stays the same."""
        for module in self.modules():
            if isinstance(module, TernaryLinear):
                codes, scale = ternary(module.weight)
                module.weight.copy_(codes * scale)
                module.baked = True
        self.rounding = 1.0
        return self

    def loss(self, ids, targets, weights, mix, mask=None):
        """The weighted cross-entropy in nats per token. ids, targets [B, T] int64; weights [B, T]; mask [T, T] or None."""
        h = self.hidden(ids, mix, mask=mask)
        logits = F.linear(h.flatten(0, 1), self.token_embd.weight)
        nats = F.cross_entropy(logits.float(), targets.flatten(), reduction="none")
        return (nats * weights.flatten()).sum() / weights.sum()
