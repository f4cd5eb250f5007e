#!/usr/bin/env python3
"""A small reinforcement loop against a server of the Tinker wire: rl.py URL [--steps 25]

Groups of answers are sampled from the current weights, rewarded when right, and
the advantages (reward minus the group's mean) go through `importance_sampling`.
Checks that the share of right answers rises.
"""

from common import Program, arguments, boxed, datum, question, report, types

RATE = 4e-3
GROUPS = 16
SIZE = 8


def main():
    options = arguments(__doc__)
    steps = options.steps or 25
    run = Program(options)
    params = types.SamplingParams(max_tokens=80, temperature=1.0, stop=["<|im_end|>"])
    rewards, gaps = [], []

    for step in range(steps):
        sampler = run.sampler()
        asked = []
        for _ in range(GROUPS):
            text, _, value = question(run.random)
            prompt = run.prompt(text)
            asked.append((prompt, value, sampler.sample(types.ModelInput.from_ints(prompt), SIZE, params)))
        data, right, count, sampled = [], 0, 0, []
        for prompt, value, future in asked:
            sequences = future.result(timeout=300).sequences
            scores = [float(boxed(run.decode(s.tokens)) == value) for s in sequences]
            right, count = right + sum(scores), count + len(scores)
            mean = sum(scores) / len(scores)
            for one, score in zip(sequences, scores):
                if score != mean and len(one.tokens) > 0:
                    advantage = (score - mean) / SIZE
                    data.append(datum(prompt, one.tokens, logprobs=one.logprobs,
                                      advantages=[advantage] * len(one.tokens)))
                    sampled.append((len(prompt) - 1, list(one.logprobs)))
        rewards.append(round(right / count, 4))
        print(f"step {step + 1}/{steps}: right {rewards[-1]}, {len(data)} datums", flush=True)
        if data:
            output, _ = run.step(data, "importance_sampling", RATE)
            # The first and only update of these samples: the trainer's log-probabilities
            # must be the sampler's, or the ratio is not 1.
            gaps.append(max(abs(a - b) for one, (at, lps) in zip(output.loss_fn_outputs, sampled)
                            for a, b in zip(list(one["logprobs"].data)[at:], lps)))

    edge = min(5, steps // 2)
    first, last = sum(rewards[:edge]) / edge, sum(rewards[-edge:]) / edge
    report(options, "rl", {
        "server_model": run.base.rsplit("/", 1)[-1],
        "rank": options.rank, "steps": steps, "groups": GROUPS, "group_size": SIZE, "rate": RATE,
        "right": rewards, "right_first_steps": round(first, 4), "right_last_steps": round(last, 4),
        "largest_sampler_trainer_gap_nats": max(gaps, default=None),
        "checks": {
            "the share of right answers rose by at least 0.15": last > first + 0.15,
            "the sampler's log-probabilities are the trainer's": max(gaps, default=1) < 0.01,
        },
    })


if __name__ == "__main__":
    main()
