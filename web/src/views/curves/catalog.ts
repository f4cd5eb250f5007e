/** Which metrics are drawn together, and in which order. Roles come from the metrics of the run. Pure. */

export type Unit = 'share' | 'number' | 'count';

/** One chart. */
export interface ChartSpec {
  title: string;
  unit: Unit;
  lines: {
    metric: string;
    name: string;
    /** Metric that is drawn as a band of this width on both sides. */ spread?: string;
  }[];
  /** What the numbers say, in a sentence. */
  note: string;
}

export interface Group {
  key: string;
  title: string;
  /** Colour of a single line. */
  colour: string;
  /** Whether there is one value per iteration instead of one per step. */
  once: boolean;
  charts: ChartSpec[];
}

type Part = readonly [metric: string, name: string, spread?: string];

const spec = (title: string, unit: Unit, note: string, ...parts: Part[]): ChartSpec => ({
  title,
  unit,
  note,
  lines: parts.map(([metric, name, spread]) => (spread === undefined ? { metric, name } : { metric, name, spread })),
});

const SCORES = [
  spec('Held-out score', 'share', 'Share of sampled answers that are right; the band is the 95 % interval.', [
    'eval/mean',
    'mean@k',
  ]),
  spec(
    'Ways of answering',
    'share',
    'The same test by majority vote, by the most likely answer, and with worked steps forced.',
    ['eval/majority', 'majority'],
    ['eval/greedy', 'greedy'],
    ['eval/forced', 'steps forced'],
  ),
];

/** Charts of an open domain; the criteria are named by the run. */
function qualityCharts(names: readonly string[]): ChartSpec[] {
  const criteria = names.filter((name) => name.startsWith('eval/quality/'));
  return [
    spec('Hidden quality', 'share', 'Mean of criteria that no training sees, on held-out tasks.', [
      'eval/quality',
      'quality',
    ]),
    spec(
      'Hidden criteria',
      'share',
      'Each criterion of the hidden quality.',
      ...criteria.map((name): Part => [name, name.slice('eval/quality/'.length)]),
    ),
    spec(
      'Variety and consensus',
      'share',
      'Distinct word pairs of all in the responses to a task, and how much the responses share.',
      ['eval/variety', 'variety'],
      ['eval/consensus', 'consensus'],
    ),
    spec('Likelihood', 'number', 'Log-probability of a token under the base model, in nats.', [
      'eval/likelihood',
      'likelihood',
    ]),
  ];
}

const POOL = [
  spec(
    'Labels that are right',
    'share',
    'Of the kept labels; “well-posed” leaves out questions without an answer.',
    ['pool/labels_right', 'all'],
    ['pool/label_accuracy', 'well-posed'],
  ),
  spec(
    'Labels that other wordings confirm',
    'share',
    'Of the kept questions that were asked again; AUC: how well these votes tell right labels from wrong ones.',
    ['audit/views/confirmed', 'confirmed'],
    ['audit/views/auc', 'AUC'],
    ['audit/planted/views/auc', 'AUC, planted'],
  ),
  spec(
    'Signals of a right label',
    'share',
    'Chance that a right label scores above a wrong one, in the band (AUC); 50 % says nothing.',
    ['pool/auc/agreement', 'agreement of all votes'],
    ['pool/auc/own', 'own words'],
    ['pool/auc/wordings', 'other wordings'],
    ['pool/auc/gate', 'both halves agree'],
    ['pool/auc/verifier', 'Verifier'],
  ),
  spec(
    'Agreement of the pool',
    'share',
    'Share of attempts in the majority.',
    ['pool/agreement', 'all'],
    ['pool/kept_agreement', 'kept'],
  ),
  spec(
    'Spread or shift',
    'number',
    'Of the scores of the responses, or of the Solver by the hints.',
    ['pool/spread', 'spread'],
    ['pool/shift', 'shift'],
  ),
  spec(
    'Difficulty of the pool',
    'number',
    'The measure of the domain, e.g. operations.',
    ['pool/difficulty', 'all'],
    ['pool/kept_difficulty', 'kept'],
  ),
  spec(
    'Questions',
    'count',
    'Posed, and left after each check.',
    ['pool/posed', 'posed'],
    ['pool/distinct', 'distinct'],
    ['pool/in_band', 'in band'],
  ),
];

const VERDICTS = [
  spec(
    'Corruptions caught',
    'share',
    'Attempts changed by code that the Verifier calls wrong, and less likely right than their originals.',
    ['verdicts/caught/answer', 'changed answers'],
    ['verdicts/caught/step', 'changed steps'],
    ['verdicts/caught/operator', 'changed signs'],
    ['verdicts/caught/mismatch', 'answers to other questions'],
  ),
  spec(
    'Agreement with other ranks',
    'share',
    'Pairs of attempts that the Verifier orders as another score does; 50 % is chance.',
    ['verdicts/concordance/consensus', 'consensus'],
    ['verdicts/concordance/likelihood', 'likelihood'],
  ),
  spec(
    'Signs of a pleased Verifier',
    'share',
    'Attempts called right, verdicts that stay in the other order, distance of its favourites from the top of other ranks, and variety of the attempts.',
    ['verdicts/yes', 'called right'],
    ['verdicts/stable', 'same in the other order'],
    ['verdicts/judge_gap', 'judge gap'],
    ['verdicts/variety', 'variety'],
  ),
  spec(
    'Right attempts above wrong ones',
    'share',
    'Chance that a right fresh attempt scores above a wrong one (AUC); 50 % says nothing.',
    ['verdicts/auc/verifier', 'Verifier'],
    ['verdicts/auc/majority', 'share of the answer'],
    ['verdicts/auc/consensus', 'consensus'],
    ['verdicts/auc/likelihood', 'likelihood'],
  ),
];

function learning(role: string): ChartSpec[] {
  const of = (metric: string): string => `${role}/${metric}`;
  return [
    spec('Reward', 'number', 'Mean over the rollouts of a step; the band is one standard deviation.', [
      of('reward'),
      'reward',
      of('reward_std'),
    ]),
    spec('Loss', 'number', 'Cross-entropy of one-token verdicts.', [of('loss'), 'loss']),
    spec('Margin', 'number', 'How much more the preferred responses gained than the others, in nats per token.', [
      of('margin'),
      'margin',
    ]),
    spec('Variety', 'share', 'Distinct word pairs of all in the responses to a task.', [of('variety'), 'variety']),
    spec('Agreement', 'share', 'Of the votes on the questions of the step.', [of('agreement'), 'agreement']),
    spec('Difficulty', 'number', 'The measure of the domain, e.g. operations.', [of('difficulty'), 'difficulty']),
    spec('Entropy', 'number', 'Nats per token; a fall to zero is a sign of collapse.', [of('entropy'), 'entropy']),
    spec('KL divergence', 'number', 'From the reference, in nats per token.', [of('kl'), 'KL']),
    spec(
      'Length',
      'count',
      'Tokens per completion.',
      [of('completions/mean_length'), 'mean'],
      [of('completions/max_length'), 'longest'],
    ),
    spec(
      'Clipping',
      'share',
      'Tokens whose ratio was clipped, and completions cut off at the limit.',
      [of('clip_ratio/region_mean'), 'ratio, both sides'],
      [of('clip_ratio/low_mean'), 'ratio, low'],
      [of('clip_ratio/high_mean'), 'ratio, high'],
      [of('completions/clipped_ratio'), 'cut off'],
    ),
  ];
}

const COLOURS: Readonly<Record<string, string>> = {
  challenger: '--challenger',
  solver: '--solver',
  verifier: '--verifier',
};

/** Returns the groups of the metrics that exist, each without empty charts and lines. */
export function groupsOf(names: readonly string[]): Group[] {
  const there = new Set(names);
  const learnt = names.filter((name) => /^[^/]+\/(?:reward|loss|margin)$/.test(name));
  const roles = [...new Set(learnt.map((name) => name.split('/', 1)[0]))];
  const groups: Group[] = [
    {
      key: 'score',
      title: 'Held-out score',
      colour: '--series-3',
      once: true,
      charts: [...SCORES, ...qualityCharts(names)],
    },
    ...roles.map((role): Group => {
      const colour = COLOURS[role] ?? '--series-4';
      const title = `${role.slice(0, 1).toUpperCase()}${role.slice(1)} in training`;
      return { key: role, title, colour, once: false, charts: learning(role) };
    }),
    { key: 'verdicts', title: 'Test of the Verifier', colour: '--verifier', once: true, charts: VERDICTS },
    { key: 'pool', title: 'Pool and labels', colour: '--series-4', once: true, charts: POOL },
  ];
  return groups
    .map((group) => ({ ...group, charts: group.charts.map((chart) => existing(chart, there)).filter(hasLines) }))
    .filter(({ charts }) => charts.length > 0);
}

function existing(chart: ChartSpec, there: ReadonlySet<string>): ChartSpec {
  return { ...chart, lines: chart.lines.filter(({ metric }) => there.has(metric)) };
}

function hasLines({ lines }: ChartSpec): boolean {
  return lines.length > 0;
}

/** Returns all metrics that groups draw, those of bands included. */
export function metricsOf(groups: readonly Group[]): string[] {
  return groups.flatMap(({ charts }) =>
    charts.flatMap(({ lines }) =>
      lines.flatMap(({ metric, spread }) => (spread === undefined ? [metric] : [metric, spread])),
    ),
  );
}

/** Returns whether a metric has one value per iteration. */
export function isOnce(metric: string): boolean {
  return /^(?:pool|eval|task|audit|verdicts)\//.test(metric);
}

/** Guesses the unit of a metric from its name. */
export function unitOf(metric: string): Unit {
  if (
    /(?:accuracy|agreement|ratio|share|right|confirmed|support|auc|views\/|passed|ill_posed|unanswered|caught|concordance|verdicts\/|valid|format|frac_|mean$|majority|greedy|forced|worked)/.test(
      metric,
    )
  ) {
    return /length|difference|ratio\/(?:mean|min|max)$/.test(metric) ? 'number' : 'share';
  }
  return /(?:length|examples|posed|distinct|in_band|kept|dropped|tokens|requests)/.test(metric) ? 'count' : 'number';
}
