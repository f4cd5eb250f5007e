#!/usr/bin/env bash
# Exports the Solver of a run of the real model (leave.sh RUN[@ITERATION], where RUN is a folder), merged and as an adapter,
# and compares the greedy answers of the local engine with transformers and PEFT. Needs about 4 GB of memory. Ends with
# status 1 if an answer or a prompt differs.
. "$(dirname "${BASH_SOURCE[0]}")/../common.sh"

run=${1:?a run, e.g. runs/NAME@2}
"$root/test/interop/real-model/make.sh" >/dev/null
out="$cache/real-model-leave"
rm -rf "$out"
mkdir -p "$out"
node "$root/dist/cli/main.js" export "$run" --out "$out/merged"
node "$root/dist/cli/main.js" export "$run" --adapter --out "$out/adapter"
npx tsx "$root/test/interop/exports/greedy.ts" "$out/merged" "${run%@*}" >"$out/ours.json"
for folder in merged adapter; do
  "$cache/real-model/bin/python" "$root/test/interop/exports/transformers_check.py" "$out/$folder" "$out/ours.json" |
    tee "$out/$folder.json"
  node -e 'const r = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"));
    process.exit(r.answersEqual === r.prompts && r.promptTokensEqual === r.prompts ? 0 : 1)' "$out/$folder.json"
done
