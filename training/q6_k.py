"""GGUF's Q6_K: blocks of 256 weights in 210 bytes, 6.56 bits a weight.

A block is ql[128] (the low four bits of its 256 codes), qh[64] (the high two), sixteen int8 scales, one for 16 weights,
and a float16 that all of these are multiplied by. A code is 0..63 and means code - 32. Each half of 128 weights takes 64
bytes of ql and 32 of qh: weight i of a half is in byte i % 64 of ql, in the low nibble for the first 64, and in byte
i % 32 of qh, two bits each from the low ones up (the layout is ggml's, `block_q6_K`).
"""
import numpy as np

BLOCK, BYTES = 256, 210
# Shares of the largest weight of a group that its largest code may stand for; the one with the least squared error is taken.
CANDIDATES = np.linspace(0.85, 1.1, 11)


def scales_of(groups):
    """The float scale of each group of 16 [n, 16] that gives the least squared error: [n]."""
    widest = np.take_along_axis(groups, np.abs(groups).argmax(-1)[:, None], -1)[:, 0]
    best, least = np.zeros(len(groups)), np.full(len(groups), np.inf)
    for share in CANDIDATES:
        scale = widest * share / -32
        inverse = np.divide(1, scale, out=np.zeros_like(scale), where=scale != 0)
        codes = np.clip(np.rint(groups * inverse[:, None]), -32, 31)
        # For fixed codes the best scale has a closed form.
        squares = (codes * codes).sum(-1)
        fitted = np.divide((codes * groups).sum(-1), squares, out=np.zeros_like(scale), where=squares > 0)
        error = ((groups - codes * fitted[:, None]) ** 2).sum(-1)
        best, least = np.where(error < least, fitted, best), np.minimum(error, least)
    return best


def pack(weights):
    """float [rows, k], k a multiple of 256 -> the bytes of all blocks."""
    assert weights.shape[-1] % BLOCK == 0, f"row length {weights.shape[-1]} is not a multiple of {BLOCK}"
    groups = weights.astype(np.float64).reshape(-1, 16)
    scales = scales_of(groups).reshape(-1, 16)
    d = (np.abs(scales).max(-1) / 127).astype("<f2")
    inverse = np.divide(1.0, d.astype(np.float64), out=np.zeros(len(d)), where=d != 0)
    steps = np.clip(np.rint(scales * inverse[:, None]), -127, 127).astype(np.int8)
    real = (d.astype(np.float64)[:, None] * steps).reshape(-1, 1)
    codes = np.rint(np.divide(groups, real, out=np.zeros_like(groups), where=real != 0))
    codes = (np.clip(codes, -32, 31) + 32).astype(np.uint8).reshape(-1, 2, 4, 32)   # block, half, quarter, lane
    ql = (codes[:, :, :2] & 15) | (codes[:, :, 2:] & 15) << 4
    high = codes >> 4
    qh = high[:, :, 0] | high[:, :, 1] << 2 | high[:, :, 2] << 4 | high[:, :, 3] << 6
    n = len(d)
    parts = (ql.reshape(n, 128), qh.reshape(n, 64), steps.view(np.uint8), d.view(np.uint8).reshape(n, 2))
    return np.concatenate(parts, -1).tobytes()


def unpack(data, shape):
    """The weights of `pack`'s bytes as float32 [rows, k], rounded to float16 as the engine keeps an embedding."""
    blocks = np.frombuffer(data, np.uint8, int(np.prod(shape)) // BLOCK * BYTES).reshape(-1, BYTES)
    n = len(blocks)
    ql = blocks[:, :128].reshape(n, 2, 2, 32)
    qh = blocks[:, 128:192].reshape(n, 2, 1, 32)
    low = np.concatenate((ql & 15, ql >> 4), 2)
    high = qh >> np.array([0, 2, 4, 6], np.uint8).reshape(1, 1, 4, 1) & 3
    codes = (low | high << 4).astype(np.float32) - 32
    steps = blocks[:, 192:208].view(np.int8).astype(np.float32)
    d = blocks[:, 208:].copy().view("<f2").astype(np.float32)
    values = (d * steps).reshape(n, 16, 1) * codes.reshape(n, 16, 16)
    return values.reshape(shape).astype(np.float16).astype(np.float32)
