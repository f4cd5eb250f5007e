#!/usr/bin/env bash
# Installs Google's OpenRL server (PyTorch trainer and transformers sampler, CPU)
# from nothing and starts it as one process.
#
#   start-openrl.sh [MODEL_FOLDER] [PORT]      runs until interrupted
#
# OPENRL_SRC names an existing clone; INTEROP_CACHE the folder for everything else.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

model=$(cd "${1:-$root/models/arith-base}" && pwd)
port=${2:-9003}
commit=bfc0f090b48b47630c993b779f23f7c2c7d3b5e3
source=${OPENRL_SRC:-$cache/openrl-src}
venv=$cache/openrl

source_at "$source" https://github.com/gke-labs/open-rl "$commit"
venv_at "$venv" 12
install_into "$venv" torch==2.11.0 'transformers==5.8.0' peft==0.18.1 numpy datasets fastapi \
  opentelemetry-api opentelemetry-sdk opentelemetry-instrumentation-fastapi \
  opentelemetry-exporter-gcp-trace pydantic 'redis>=5.0.0' uvicorn httpx 'tqdm>=4.50'

data=$cache/openrl-data-$port
[ "${KEEP_DATA:-0}" = 1 ] || rm -rf "$data"
mkdir -p "$data"

cd "$source/src/server"
export BASE_MODEL="$model" SAMPLING_BACKEND=torch OPEN_RL_TMP_DIR="$data" CUDA_VISIBLE_DEVICES=
export HF_HUB_OFFLINE=1 TOKENIZERS_PARALLELISM=false OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}
exec "$venv/bin/python" -m uvicorn gateway:app --host 127.0.0.1 --port "$port"
