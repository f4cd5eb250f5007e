/** Runs `rzero eval` in child processes against a local server that sometimes fails. */

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { answer, type Behaviour, type ChatBody, cut, status } from '../fixtures/chat-server.ts';
import { closeAll, serve } from '../fixtures/endpoint.ts';
import { rzero, type Ended } from '../fixtures/program.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-eval-endpoint-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
afterEach(closeAll);

const QUESTIONS = 40;
const KEY = 'sk-very-secret-7f3a';
const data = join(root, 'numbers.jsonl');
writeFileSync(data, Array.from({ length: QUESTIONS }, (_, at) => `{"q":"Say number ${at}.","a":"${at}"}`).join('\n'));

function questionOf({ messages }: ChatBody): string {
  return messages.at(-1)?.content ?? '';
}

/** A reply of ten tokens to a prompt of a hundred. */
function says(content: string): Behaviour {
  return answer({
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 },
  });
}

/** Right for numbers below 30, wrong otherwise. Rejects seeds. */
const solver: Behaviour = (response, seen, good) => {
  const number = Number(/number (\d+)/.exec(questionOf(seen.body))?.[1]);
  const behave =
    'seed' in seen.body
      ? status(400, { error: { message: 'unknown field: seed' } })
      : says(`It is \\boxed{${number < 30 ? number : number + 1}}.`);
  behave(response, seen, good);
};

/** Every seventh request fails, each time in a different way. */
function flaky(): Behaviour {
  const failures = [
    status(429, { error: { message: 'slow down' } }, { 'retry-after-ms': '5' }),
    cut,
    status(500, 'oh no', { 'retry-after-ms': '5' }),
    answer('{"choices": ['),
  ];
  let requests = 0;
  return (response, seen, good) => {
    const behave = ++requests % 7 === 0 ? failures[(requests / 7) % failures.length] : solver;
    behave(response, seen, good);
  };
}

function evaluate(...flags: string[]): Promise<Ended> {
  return rzero(['eval', '--task', data, '--question', 'q', '--answer', 'a', '--max-tokens', '20', '--json', ...flags], {
    cwd: root,
  });
}

/** Text of all files below a folder. */
function everythingIn(folder: string): string {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.map((file) => readFileSync(join(file.parentPath, file.name), 'latin1')).join('\n');
}

describe('a model behind an endpoint', () => {
  it('stops at its budget, continues, is judged, and is readable without the server', async () => {
    process.env.RZERO_TEST_KEY = KEY;
    const server = await serve({ always: flaky() });
    const model = ['--model', server.url, '--api-key-env', 'RZERO_TEST_KEY', '--concurrency', '4'];

    const first = await evaluate(...model, '--token-budget', '2000');
    expect([first.code, first.err]).toEqual([3, expect.stringMatching(/budget of 2000 tokens is spent: \d+ are used/)]);
    const partial = JSON.parse(first.out);
    const [some] = partial.tasks;
    expect([partial.stopped, some.asked]).toEqual(['budget', QUESTIONS]);
    expect(some.questions).toBeGreaterThan(5);
    expect(some.questions).toBeLessThanOrEqual(18);
    expect(readFileSync(join(partial.folder, 'report.html'), 'utf8')).toContain('numbers: not complete');
    expect(server.mostOpen()).toBeLessThanOrEqual(4);
    expect(server.chats[0].headers.authorization).toBe(`Bearer ${KEY}`);

    const before = server.chats.length;
    const judge = await serve({ models: ['wise'], always: says('Near enough.\nVERDICT: SAME') });
    const second = await evaluate(...model, '--judge', judge.url);
    expect(second.code).toBe(0);
    const whole = JSON.parse(second.out);
    expect(whole).toMatchObject({ folder: partial.folder, stopped: null, model: { name: `${server.url}#tiny` } });
    expect(whole.tasks[0]).toMatchObject({ questions: QUESTIONS, score: { value: 0.75 }, judged: { value: 1 } });
    // The live line and the summary on the error stream, and the count in the JSON.
    expect(second.err).toMatch(
      /! http:\S+#tiny: (?:HTTP|an answer|.*closed|.*aborted|.*socket)[\s\S]*; asking again in /,
    );
    expect(second.err).toMatch(/! http:\S+#tiny: \d+ requests? had to be repeated, last after /);
    expect(whole.repeated).toEqual([
      { model: `${server.url}#tiny`, requests: expect.any(Number), last: expect.any(String) },
    ]);
    expect(whole.notes).toEqual(['The server does not support a seed: samples cannot be reproduced.']);
    // Stored answers are not requested again. Of the rest, one request in seven fails, and each lane may try a seed first.
    expect(server.chats.length - before).toBeLessThanOrEqual(Math.ceil(((QUESTIONS - some.questions + 4) * 7) / 6) + 1);
    // The API key is not sent to the host of the judge.
    expect(judge.chats).toHaveLength(10);
    expect(judge.chats[0].headers.authorization).toBeUndefined();

    await closeAll();
    const after = await rzero(['eval', '--out', whole.folder, '--html', 'page.html', '--model-card'], { cwd: root });
    expect(after.code).toBe(0);
    expect(after.out).toMatch(/numbers +pass@1 +40 +75\.0 % \[[^\]]*\] +100\.0 %/);
    expect(after.out).toMatch(/! The server does not support a seed[\s\S]*\nmodel-index:\n- name: /);
    const page = readFileSync(join(root, 'page.html'), 'utf8');
    expect(page).toContain('The server does not support a seed');
    const json = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(page)?.[1] ?? '';
    const { report } = JSON.parse(json) as { report: { tasks: { samples: object[] }[] } };
    expect(report.tasks.map(({ samples }) => samples.length)).toEqual([QUESTIONS]);
    expect(everythingIn(root).includes(KEY)).toBe(false);
  }, 120_000);
});
