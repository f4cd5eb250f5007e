/** The process of `paper-service.ts`. Its argument is the folder of the model. */

import type { AddressInfo } from 'node:net';
import { math } from '../../../src/domains/math/domain.ts';
import { encodePrompt } from '../../../src/models/tokenizer/encode-prompt.ts';
import { loadTokenizer } from '../../../src/models/tokenizer/tokenizer.ts';
import { DEFAULTS } from '../../../test/engines/fake-tinker/options.ts';
import { FakeService } from '../../../test/engines/fake-tinker/service.ts';
import { SERVED } from './paper-service.ts';
import { PAPER_TEXTS, SEED } from './paper-size.ts';
import { paperTexts } from './paper-texts.ts';

const tokenizer = await loadTokenizer(process.argv[2]);
const { questions, answers } = paperTexts(PAPER_TEXTS, SEED);
const tokens = (texts: readonly string[]): number[][] => texts.map((text) => [...tokenizer.encode(text)]);
const server = new FakeService({
  ...DEFAULTS,
  model: SERVED,
  vocabulary: tokenizer.size,
  endToken: tokenizer.eosIds[tokenizer.eosIds.length - 1],
  texts: [
    { marker: [...encodePrompt({ tokenizer }, math.challengerMessages(1))], completions: tokens(questions) },
    { marker: [...encodePrompt({ tokenizer }, math.solverMessages('?')).subarray(0, 8)], completions: tokens(answers) },
  ],
}).server();
server.listen(0, '127.0.0.1', () => {
  process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.((user + system) / 1e6);
});
process.on('disconnect', () => process.exit(0));
