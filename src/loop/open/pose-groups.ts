/** Samples the groups of a step of the Challenger on an open domain, and reads their tasks. */

import type { Completion, Sampler, Tokens } from '../../engine/engine.ts';
import type { Flow } from '../../engine/flow/flow.ts';
import { samplingOptions } from '../../engine/sampling-options.ts';
import { encodePrompt } from '../../models/tokenizer/encode-prompt.ts';
import { deriveSeed } from '../../random.ts';
import type { Question } from '../../types.ts';
import { readAll } from '../1-train-challenger.ts';
import { type RunContext, reporting, type StepPlace } from '../context.ts';
import type { GroupReady } from '../training/phase.ts';

/** One group of tasks. */
export interface PosedTasks {
  prompt: Tokens;
  /** The last message of the prompt. */
  promptText: string;
  completions: Completion[];
  questions: Question[];
}

/** Samples `challenger.groups` groups. */
export async function poseGroups(
  ctx: RunContext,
  { flow, challenger, ready }: { flow: Flow; challenger: Sampler; ready: GroupReady },
  place: StepPlace,
): Promise<PosedTasks[]> {
  const { iteration, step } = place;
  const { groups, groupSize } = ctx.config.challenger;
  const seeds = Array.from({ length: groups }, (_, group) =>
    deriveSeed(ctx.config.seed, iteration, 'pose', step, group),
  );
  const chats = seeds.map((seed) => ctx.domain.challengerMessages(seed));
  const requests = chats.map((messages, group) => ({
    prompt: encodePrompt(ctx, messages),
    n: groupSize,
    seed: seeds[group],
    ...samplingOptions(ctx.config.challenger),
    ...ctx.tokenizer.ends,
  }));
  return flow.each(challenger, requests, reporting(ctx, place, 'tasks'), async (completions, group) => {
    const { prompt } = requests[group];
    ready(group, prompt, completions);
    const questions = await readAll(ctx, completions, { iteration, step, first: group * groupSize });
    const chat = chats[group];
    return { prompt, promptText: chat[chat.length - 1].content, completions, questions };
  });
}
