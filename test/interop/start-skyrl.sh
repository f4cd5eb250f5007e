#!/usr/bin/env bash
# Installs the real SkyRL server (JAX on CPU) from nothing and starts it.
#
#   start-skyrl.sh [MODEL_FOLDER] [PORT]      runs until interrupted
#
# SKYRL_SRC names an existing clone; INTEROP_CACHE the folder for everything else.
# The database is fresh at every start unless KEEP_DATA=1: checkpoints and their
# rows must survive together for a restart test.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

model=$(cd "${1:-$root/models/arith-base}" && pwd)
port=${2:-8000}
commit=a9564572eb8e91076be43c1bd5e4615e3de17265
source=${SKYRL_SRC:-$cache/skyrl-src}
venv=$cache/skyrl
data=$cache/skyrl-data-$port
backend='{"max_lora_adapters":8,"max_lora_rank":32,"train_micro_batch_size":16,"sample_max_num_sequences":128}'
backend=${SKYRL_BACKEND_CONFIG:-$backend}

source_at "$source" https://github.com/NovaSky-AI/SkyRL "$commit"
# Python 3.12: the API uses typing.TypedDict in its models, which pydantic takes from 3.12 on.
venv_at "$venv" 12
# What the server's `tinker` and `jax` extras need. Torch is imported by peft alone.
install_into "$venv" 'jax[cpu]==0.10.2' flax==0.12.8 optax==0.2.8 'transformers==5.8.0' \
  peft==0.18.1 torch==2.11.0 tinker==0.24.1 'fastapi[standard]' sqlmodel 'sqlalchemy[asyncio]' \
  aiosqlite asyncpg psycopg2-binary psutil httpx safetensors tokenizers datasets pillow rich \
  typer hf_transfer 'cloudpathlib>=0.23.0' zstandard xxhash

[ "${KEEP_DATA:-0}" = 1 ] || rm -rf "$data"
mkdir -p "$data/checkpoints"

# The API reads its parent's `uv run …` command line to start its engine, so it
# has to be started by uv itself. --no-project keeps uv from resolving the
# repository's lock file, which pins GPU wheels; the environment above is used.
cd "$source"
export PATH="$venv/bin:$PATH" PYTHONPATH="$source" JAX_PLATFORMS=cpu
export HF_HUB_OFFLINE=1 TOKENIZERS_PARALLELISM=false
# Compiled kernels are kept between starts; without this every new shape costs seconds.
export JAX_COMPILATION_CACHE_DIR="$cache/jax-cache" JAX_PERSISTENT_COMPILATION_CACHE_MIN_COMPILE_TIME_SECS=0.5
exec uv run --no-project --python "$venv/bin/python" -m skyrl.tinker.api \
  --host 127.0.0.1 --port "$port" --base-model "$model" --backend jax \
  --checkpoints-base "$data/checkpoints" --database-url "sqlite:///$data/tinker.db" \
  --backend-config "$backend"
