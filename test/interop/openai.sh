#!/usr/bin/env bash
# Runs the real Python client of OpenAI and lm_eval against `rzero serve`: the shipped base,
# and iteration 2 of a tiny run. Keeps the results in results/.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

port=${PORT:-8767}
url="http://127.0.0.1:$port"
questions=${QUESTIONS:-100}
venv="$cache/openai"
work="$cache/openai-runs"
base="$root/models/arith-base"
rzero() { node "$root/dist/cli/main.js" "$@"; }

venv_at "$venv" 10
install_into "$venv" openai==3.57.0 "lm_eval[api]==0.4.13" transformers==5.24.0

rm -rf "$work"
rzero evolve --scale tiny --iterations 2 --runs-dir "$work/runs" --quiet
run=$(basename "$(ls -d "$work"/runs/*-01)")
rzero serve --runs-dir "$work/runs" --model "$base" --port "$port" &
server=$!
trap 'kill $server' EXIT
for _ in $(seq 60); do curl -sf "$url/health" >/dev/null && break; sleep 1; done

"$venv/bin/python" "$here/openai_client.py" "$url" arith-base "$run@2" --json "$here/results/openai.json"

rzero eval --model "$run@2" --runs-dir "$work/runs" --questions "$questions" --samples 1 --temperature 0 \
  --json >"$work/eval.json"
npx tsx "$here/lm-eval-tasks.ts" "$work/tasks" "$questions"
(cd "$work" && HF_HUB_OFFLINE=1 "$venv/bin/lm_eval" run --model local-completions \
  --model_args "model=$run@2,base_url=$url/v1/completions,tokenizer=$base,num_concurrent=4,max_length=512" \
  --tasks rzero_generate,rzero_choices --include_path "$work/tasks" --output_path "$work/lm-eval" --log_samples)
weights=$(ls -d "$work/runs/$run"/weights/solver-2-step-*)
npx tsx "$here/lm-eval-check.ts" "$here/results/lm-eval.json" "$weights" "$work/eval.json" "$work/lm-eval"
