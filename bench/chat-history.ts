/**
 * Measures what earlier turns do to the shipped base: right greedy answers to 100 held-out questions, after 0 to 3 turns
 * with other questions and their right answers. `rzero chat` therefore asks it each question alone.
 *
 *   npx tsx bench/chat-history.ts
 */

import { join } from 'node:path';
import { withHistory } from '../src/cli/chat/turns.ts';
import { resolveConfig } from '../src/config/load.ts';
import { arithmetic } from '../src/domains/arithmetic/domain.ts';
import { openEngine } from '../src/engine/open-engine.ts';
import { completionText } from '../src/engine/stop-strings.ts';
import { encodePrompt } from '../src/models/tokenizer/encode-prompt.ts';
import { loadTokenizer } from '../src/models/tokenizer/tokenizer.ts';
import { ROOT } from '../test/fixtures/program.ts';

const QUESTIONS = 100;
const MOST_TURNS = 3;

const path = join(ROOT, 'models/arith-base');
const config = resolveConfig({ flags: { model: path } });
const tokenizer = await loadTokenizer(path, config);
const engine = await openEngine(config.engine);
const sampler = await engine.openSampler({ kind: 'base', path });
const questions = (arithmetic.heldOut?.questions(QUESTIONS) ?? []).map(({ text }) => text);
const truth = (question: string): string | null => arithmetic.truth?.(question) ?? null;
for (let turns = 0; turns <= MOST_TURNS; turns++) {
  const requests = questions.map((question, at) => {
    const history = Array.from({ length: turns }, (_, turn) => questions[(at + turn + 1) % questions.length]).map(
      (earlier) => ({ question: earlier, answer: `\\boxed{${truth(earlier)}}` }),
    );
    return {
      prompt: encodePrompt({ tokenizer }, withHistory(arithmetic.solverMessages(question), history)),
      n: 1,
      seed: 1,
      maxTokens: config.solver.maxTokens,
      temperature: 0,
      topP: 1,
      topK: 0,
      ...tokenizer.ends,
    };
  });
  const answers = await sampler.sample(requests);
  const right = answers.filter(
    ([one], at) => arithmetic.extractAnswer(completionText(one, tokenizer.decode)) === truth(questions[at]),
  );
  console.log(`${turns} earlier turns: ${right.length} of ${questions.length} right`);
}
await engine.close();
