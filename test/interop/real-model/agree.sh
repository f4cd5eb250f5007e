#!/usr/bin/env bash
# Compares the local engine with transformers, PyTorch and PEFT on a real model. Needs about 8 GB of memory and 4 GB of
# disk in INTEROP_CACHE. Ends with status 1 if a gradient or a weight differs by more than rounding.
. "$(dirname "${BASH_SOURCE[0]}")/../common.sh"

real="$root/test/interop/real-model"
model=$("$real/make.sh")
out="$cache/real-model-agree"
npx tsx "$real/ours.ts" "$model" "$out"
"$cache/real-model/bin/python" "$real/check.py" "$model" "$out"
npx tsx "$real/training.ts" "$model" "$out" full
npx tsx "$real/training.ts" "$model" "$out" lora
