import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../events.ts';
import type { Notice } from '../../types.ts';
import { evaluation, iteration, summary } from '../../../test/fixtures/run-summary.ts';
import { plainPalette } from '../render/palette.ts';
import { eventLines } from './plain.ts';
import { jsonRenderer, plainRenderer } from './renderer.ts';

const START: RunEvent = {
  type: 'run-start',
  runId: 'brave-otter',
  runDir: '/here/runs/brave-otter',
  model: 'models/arith-base',
  adapter: null,
  parameters: 812_345,
  domain: 'arithmetic',
  iterations: 3,
  seed: 1,
  threads: 2,
  resumedFrom: null,
};

/** Renders events that arrive at the given seconds. */
function plain(timed: readonly [number, RunEvent][], verbose = false, columns = Infinity): string[] {
  let now = 0;
  let text = '';
  const renderer = plainRenderer(
    (more) => (text += more),
    () => now,
    { palette: plainPalette, columns, verbose, program: 'rzero', runsDir: '/here/runs', base: null },
  );
  for (const [at, event] of timed) {
    now = at;
    renderer.handle(event);
  }
  return text.split('\n').slice(0, -1);
}

function rollouts(step: number, done: number): RunEvent {
  return {
    type: 'progress',
    iteration: 1,
    stage: 'train-solver',
    step,
    steps: 4,
    what: 'rollouts',
    done,
    total: 256,
    tokensPerSecond: 4215.3,
  };
}

describe('plain lines', () => {
  describe('of a run from start to evaluation', () => {
    const events: [number, RunEvent][] = [
      [0, START],
      [0, { type: 'stage-start', iteration: 0, stage: 'baseline', steps: 2, done: 0 }],
      [9, { type: 'evaluation', result: evaluation(0, 0.372, 0.57) }],
      [9, { type: 'stage-start', iteration: 1, stage: 'train-challenger', steps: 5, done: 2 }],
      [
        13,
        {
          type: 'step',
          iteration: 1,
          stage: 'train-challenger',
          step: 2,
          steps: 5,
          seconds: 4.21,
          remainingSeconds: 8.4,
          metrics: {
            'challenger/reward': 0.4123,
            'challenger/reward_std': 0.2,
            'challenger/entropy': 1.214,
            'challenger/unknown': 1,
          },
        },
      ],
      [
        20,
        {
          type: 'stage-end',
          iteration: 1,
          stage: 'filter',
          seconds: 0.2,
          metrics: {
            'pool/posed': 500,
            'pool/valid': 489,
            'pool/distinct': 470,
            'pool/in_band': 255,
            'pool/label_accuracy': 0.83,
            'pool/labels_right': 0.747,
            'pool/labels_right_all': 0.62,
            'pool/labels_ill_posed': 0.1,
            'pool/labels_ill_posed_all': 0.05,
            'pool/agreement': 0.61,
          },
        },
      ],
      [90, { type: 'evaluation', result: evaluation(1, 0.58, 0.6) }],
      [90, { type: 'iteration-end', summary: iteration(1, 0.58) }],
      [90, { type: 'warning', message: 'slow\u001b[2J disk' }],
    ];

    it('are few numbers each', () => {
      expect(plain(events, false, 80)).toEqual([
        'run brave-otter · arithmetic · 3 iterations · seed 1 · 2 threads',
        '  model models/arith-base · 812 k parameters',
        '',
        'Base: the model as it is takes the held-out test',
        '  mean@8 37.2 % [35.2, 39.2] · 500 questions',
        '',
        'Iteration 1, stage 1 of 6: Challenger learns to pose questions that split votes',
        '  2 of 5 steps are already done',
        '  3/5 · reward 0.412 · 8.4 s left',
        '  done in 0.2 s · posed 500 → valid 489 → distinct 470 → in band 255',
        '  mean@8 58.0 % [56.0, 60.0] · +20.8 points vs. base · 500 questions',
        '  iteration 1 finished · trained on 241 questions · labels right 74.7 %',
        '  ! slow␛[2J disk',
      ]);
    });

    it('have all numbers with verbose', () => {
      expect(plain(events, true)).toEqual([
        'run brave-otter · arithmetic · 3 iterations · seed 1 · 2 threads',
        '  model models/arith-base · 812 k parameters',
        '',
        'Base: the model as it is takes the held-out test',
        '  mean@8 37.2 % [35.2, 39.2]',
        '  majority@8 57.2 % · greedy 47.2 % · steps forced 57.0 % · shows steps 50 % · 500 questions',
        '',
        'Iteration 1, stage 1 of 6: Challenger learns to pose questions that split votes',
        '  2 of 5 steps are already done',
        '  3/5 · reward 0.412 ± 0.2 · entropy 1.21 · 4.2 s, 8.4 s left',
        '  done in 0.2 s · posed 500 → valid 489 → distinct 470 → in band 255 · agreement 61 % · labels right 75 % of kept (62 % of all) · ill-posed 10 % of kept (5 % of all)',
        '  mean@8 58.0 % [56.0, 60.0] · +20.8 points vs. base',
        '  majority@8 78.0 % · greedy 68.0 % · steps forced 60.0 % · shows steps 50 % · 500 questions',
        '  iteration 1 finished · trained on 241 questions · agreement 61.0 % · labels right 74.7 % · ill-posed 10.0 %',
        '  ! slow␛[2J disk',
      ]);
    });
  });

  it('shows questions with their votes, cleaned and shortened', () => {
    const lines = plain([
      [
        0,
        {
          type: 'questions',
          iteration: 1,
          stage: 'vote',
          shown: [
            {
              text: 'Compute 25 + 28 + 5 * 2 + 4.',
              votes: [
                { answer: '67', count: 6, weight: 6 },
                { answer: '63', count: 3, weight: 3 },
              ],
              attempts: 10,
              label: '67',
              truth: '67',
            },
            {
              text: 'Bad \u001b[31m one',
              votes: [{ answer: '\u001b[2J', count: 2, weight: 2 }],
              attempts: 2,
              label: '\u001b[2J',
              truth: '5',
            },
            { text: 'Who knows?', votes: [], attempts: 4, label: null, truth: null },
            {
              text: 'Split',
              votes: [1, 2, 3, 4, 5, 6, 7].map((answer) => ({ answer: String(answer), count: 1, weight: 1 })),
              attempts: 7,
              label: '1',
              truth: null,
            },
          ],
        },
      ],
      [1, { type: 'stage-end', iteration: 1, stage: 'vote', seconds: 1, metrics: {} }],
    ]);
    expect(lines).toEqual([
      '    Compute 25 + 28 + 5 * 2 + 4.',
      '      67×6 63×3 —×1  label 67 ✓',
      '    Bad ␛[31m one',
      '      ␛[2J×2  label ␛[2J ✗ truth 5',
      '    Who knows?',
      '      —×4  no label',
      '    Split',
      '      1×1 2×1 3×1 4×1 5×1 others×2  label 1',
      '  done in 1.0 s',
    ]);
  });

  it('shows the last questions of a stage at its end, and nothing twice', () => {
    const shown = (text: string): RunEvent => ({
      type: 'questions',
      iteration: 1,
      stage: 'train-challenger',
      shown: [{ text, votes: [], attempts: 0, label: null, truth: null }],
    });
    const step = (index: number, steps: number): RunEvent => ({
      type: 'step',
      iteration: 1,
      stage: 'train-challenger',
      step: index,
      steps,
      seconds: 2,
      remainingSeconds: null,
      metrics: { 'challenger/kl': 1e-9, 'challenger/completions/clipped_ratio': 0 },
    });
    const end: RunEvent = {
      type: 'stage-end',
      iteration: 1,
      stage: 'train-challenger',
      seconds: 4,
      metrics: { 'challenger/kl': 1 },
    };
    expect(
      plain(
        [
          [0, step(0, 2)],
          [0, shown('first')],
          [1, rollouts(1, 9)],
          [1, step(1, 2)],
          [1, shown('last')],
          [1, end],
        ],
        true,
      ),
    ).toEqual(['  1/2 · KL 0 · 2.0 s', '  2/2 · KL 0 · 4.22 k tokens/s · 2.0 s', '    last', '  done in 4.0 s']);
  });

  it('shows the numbers of a phase with one step, and of a one-step stage of the pool only at its end', () => {
    const metrics = { 'solver/reward': 0.5, 'solver/entropy': 0.25, 'solver/kl': 0.001 };
    const step = { type: 'step', iteration: 1, step: 0, steps: 1, seconds: 2, remainingSeconds: 0 } as const;
    expect(plain([[0, { ...step, stage: 'train-solver', metrics }]], true)).toEqual([
      '  1/1 · reward 0.5 · entropy 0.25 · KL 0.0010 · 2.0 s',
    ]);
    for (const stage of ['vote', 'evaluate', 'baseline'] as const)
      expect(plain([[0, { ...step, stage, metrics: { 'pool/agreement': 0.5, 'eval/mean': 0.5 } }]])).toEqual([]);
  });

  it('attaches no share of all labels to another number if the share of the kept ones is unknown', () => {
    const metrics = { 'pool/agreement': 0.61, 'pool/labels_right_all': 0.5, 'pool/labels_ill_posed_all': 0.1 };
    expect(plain([[0, { type: 'stage-end', iteration: 1, stage: 'filter', seconds: 1, metrics }]], true)).toEqual([
      '  done in 1.0 s · agreement 61 %',
    ]);
  });

  it('shows the share of answers that were cut off, if any were', () => {
    const result = { ...evaluation(1, 0.5, null), truncated: 400 };
    expect(plain([[0, { type: 'evaluation', result }]], true)[1]).toContain(
      'shows steps 50 % · cut off 10.0 % · 500 questions',
    );
    const rows = [iteration(0, 0.4), { ...iteration(1, 0.5), evaluation: result }];
    const table = plain([[0, { type: 'run-end', summary: summary(rows) }]]);
    expect(table).toContain('cut off             0.0 %       10.0 %');
  });

  it('throttles progress to one line in five seconds', () => {
    const lines = plain([
      [0, { type: 'stage-start', iteration: 1, stage: 'train-solver', steps: 4, done: 0 }],
      ...Array.from({ length: 100 }, (_, i): [number, RunEvent] => [i / 10, rollouts(0, i)]),
    ]);
    expect(lines.slice(2)).toEqual(['    step 1/4 · rollouts 50/256 · 1 min 49 s left']);
  });

  it('shows a download every five seconds, and its end', () => {
    const download = (done: number, bytesPerSecond: number | null): RunEvent => ({
      type: 'download',
      model: 'owner/name',
      file: 'model.safetensors',
      done,
      total: 1.2e9,
      bytesPerSecond,
    });
    const lines = plain([
      [1, download(1e6, null)],
      [5, download(1.2e8, 2e7)],
      [9, download(9e8, 1e8)],
      [10, download(9.5e8, 1e8)],
      [11, download(1.2e9, 1e8)],
      [17, { ...download(5e6, 1e6), total: null } as RunEvent],
    ]);
    expect(lines).toEqual([
      '    model.safetensors · 120 MB of 1.2 GB · 20 MB/s · 54 s left',
      '    model.safetensors · 950 MB of 1.2 GB · 100 MB/s · 2.5 s left',
      'downloaded owner/name: 1.2 GB',
      '    model.safetensors · 5 MB · 1 MB/s',
    ]);
  });

  it('ends with table, result, folder and next steps', () => {
    const lines = plain([
      [0, { type: 'run-end', summary: summary([iteration(0, 0.4, 0.5), iteration(1, 0.6, 0.55)]) }],
    ]);
    expect(lines).toEqual([
      '',
      '                     base  iteration 1',
      '──────────────  ─────────  ───────────',
      'mean@8             40.0 %       60.0 %',
      '95 % interval   38.0–42.0    58.0–62.0',
      'majority@8         60.0 %       80.0 %',
      'greedy             50.0 %       70.0 %',
      'questions kept          —          241',
      'labels right            —       74.7 %',
      'ill-posed               —       10.0 %',
      'mean@8: share of right answers, 8 sampled for each of 500 held-out questions. greedy: the most likely answer only.',
      '',
      expect.stringMatching(/^The model improved: /),
      expect.stringMatching(/^ {2}95 % interval /),
      expect.stringMatching(/^ {2}The base reaches /),
      '  Iteration 1 is kept as best, chosen without true labels.',
      '',
      'It does not show',
      '- what another seed gives: single runs vary by several points.',
      '- other subjects: the test is 500 questions of the domain arithmetic.',
      "- what true labels would give: of iteration 1's labels, 74.7 % were right.",
      '',
      'Time: 4 min 00 s, of which the engine (sampling, scoring, training) took 90 %.',
      'Saved in runs/brave-otter',
      '',
      'Next steps:',
      '  rzero show brave-otter',
      '      scores, dropped questions and labels of every iteration',
      '  rzero chat brave-otter',
      '      ask the Solver a question',
      '  rzero evolve --config runs/brave-otter/config.toml --seed 2',
      '      another seed: single runs vary by several points',
    ]);
  });

  it('breaks long lines and tables at the given width', () => {
    const event: RunEvent = {
      type: 'run-end',
      summary: summary(Array.from({ length: 11 }, (_, at) => iteration(at, 0.4))),
    };
    const context = {
      palette: plainPalette,
      columns: 80,
      verbose: true,
      program: 'rzero',
      runsDir: '/here/runs',
      base: null,
      rate: null,
    };
    const long = 'word '.repeat(40).trim();
    const events: RunEvent[] = [
      START,
      { type: 'warning', message: long },
      {
        type: 'questions',
        iteration: 1,
        stage: 'vote',
        shown: [{ text: long, votes: [{ answer: long, count: 2, weight: 2 }], attempts: 2, label: long, truth: null }],
      },
      event,
    ];
    const lines = events.flatMap((one) => eventLines(one, context));
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    expect(lines.filter((line) => line.startsWith('mean@8'))).toHaveLength(2);
    expect(lines.filter((line) => /^iteration .* 10$/.test(line))).toHaveLength(1);
  });

  it('names a run outside runsDir by its folder', () => {
    const event: RunEvent = {
      type: 'run-end',
      summary: summary([iteration(0, 0.4)], {
        runDir: '/away/brave-otter',
        outcome: 'too-few-questions',
        explanation: 'Only 2 passed.',
      }),
    };
    const lines = plain([[0, event]]);
    expect(lines).toContain('Only 2 passed.');
    expect(lines.slice(-5)).toEqual([
      'Next steps:',
      '  rzero show /away/brave-otter',
      '      the questions, and why they were dropped',
      '  rzero chat /away/brave-otter --role challenger',
      '      see what its Challenger writes',
    ]);
  });

  it('shows a notice at once, and again at the end of a run that it ended', () => {
    const notice: Notice = {
      iteration: 1,
      stage: 'train-solver',
      step: 3,
      about: 'entropy',
      action: 'stop',
      value: 0.001,
      limit: 0.005,
      message: 'Iteration 1, training the Solver, step 4: \u001b[31mentropy 0.001.',
    };
    const shown = '  ! Iteration 1, training the Solver, step 4: ';
    const lines = plain([
      [0, { type: 'notice', notice }],
      [
        1,
        {
          type: 'run-end',
          summary: summary([iteration(0, 0.4)], {
            outcome: 'collapsed',
            explanation: 'It collapsed.',
            notices: Array.from({ length: 10 }, () => notice),
          }),
        },
      ],
    ]);
    expect(lines[0]).toContain(shown);
    expect(lines.join('')).not.toContain('\u001b[31m');
    expect(lines).toContain('It collapsed.');
    const from = lines.indexOf('Notices');
    expect(lines.slice(from + 1, from + 9).every((line) => line.startsWith(shown))).toBe(true);
    expect(lines[from + 9]).toBe('  and 2 more (rzero show --json)');
    expect(lines.at(-6)).toContain('rzero show brave-otter');
  });

  it('ends a stopped run with how to continue', () => {
    const lines = plain([
      [
        0,
        {
          type: 'run-end',
          summary: summary([iteration(0, 0.4)], { outcome: 'stopped', explanation: 'Stopped at your request.' }),
        },
      ],
    ]);
    expect(lines).toContain('Stopped at your request.');
    expect(lines.slice(-3)).toEqual(['To continue:', '  rzero resume brave-otter', '      continue at the next step']);
  });
});

describe('json lines', () => {
  it('prints one event per line and nothing else on the same stream', () => {
    let out = '';
    let notes = '';
    const renderer = jsonRenderer(
      (text) => (out += text),
      (text) => (notes += text),
    );
    renderer.handle(START);
    renderer.note('hello');
    renderer.handle(rollouts(0, 3));
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([START, rollouts(0, 3)]);
    expect(notes).toBe('hello\n');
  });
});

it('says where models run, within the columns', () => {
  const event = {
    type: 'device',
    device: 'webgpu',
    adapter: 'Some GPU',
    reason: 'it computes right. '.repeat(6),
  } as const;
  const style = { palette: plainPalette, columns: 60, verbose: false, program: 'rzero', runsDir: '/runs' };
  const lines = eventLines(event, { ...style, base: null, rate: null });
  expect(lines[0]).toMatch(/^ {2}device webgpu \(Some GPU\): it computes right\./);
  expect(lines.every((line) => line.length <= 60)).toBe(true);
});
