#!/bin/sh
# Train in the background on a machine that others use: only idle time is taken.
#   ./run_cpu.sh --run .runs/v5 --init ../models/sterna-builtin.gguf --lr 0.003 --adam-lr 0.0004 [--resume]
cd "$(dirname "$0")" || exit 1
# Waiting threads sleep: a spinning one keeps a free core from the thread that another program has pushed aside.
export OMP_WAIT_POLICY=passive GOMP_SPINCOUNT=0
# Keep freed memory: otherwise every step maps and clears its 64 MB of logits again.
export MALLOC_MMAP_THRESHOLD_=8589934592 MALLOC_TRIM_THRESHOLD_=8589934592 MALLOC_TOP_PAD_=268435456
export TORCHINDUCTOR_CACHE_DIR="$PWD/.runs/inductor"
exec nice -n 19 chrt --idle 0 .venv/bin/python train.py "$@"
