import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../random.ts';
import { checkDomain } from '../check-domain.ts';
import { readQuality } from '../read-quality.ts';
import { FLAWS, storyDocument, storyRecipeSchema, writeStory } from './corpus.ts';
import { CRITERIA, storyQuality } from './criteria.ts';
import { stories } from './domain.ts';
import { HELD_OUT_TASKS } from './held-out.ts';
import { isHint, parseTask, randomTask, taskText, type StoryTask } from './task.ts';

const SAM: StoryTask = { name: 'Sam', things: 'stones', numbers: [42, 15, 50, 34] };
const GOOD = 'Sam has 50 stones. He finds 15 more. He sells 34. He gets 42 from Mia. How many stones does Sam have?';

function named(response: string): Record<string, number> {
  return Object.fromEntries(storyQuality(SAM, response).map((value, at) => [CRITERIA[at], value]));
}

describe('tasks', () => {
  it('are read as they are written', () => {
    expect(taskText(SAM)).toBe("Write a question about Sam's stones that uses 42 15 50 34.");
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const task = randomTask(new Random(seed));
        expect(parseTask(taskText(task))).toEqual(task);
      }),
    );
  });

  it.each([
    'Write a question about Sam.',
    "Write a question about Sam's stones that uses 42.",
    "Write a question about Joe's stones that uses 4 2.",
    `${taskText(SAM)} Now.`,
  ])('do not include %j', (text) => {
    expect(parseTask(text)).toBeNull();
    expect(stories.isWellPosed(text)).toBe(false);
    expect(readQuality(stories, text, GOOD)).toBeNull();
  });
});

describe('the hidden criteria', () => {
  it('are all met by a good story', () => {
    expect(storyQuality(SAM, GOOD)).toEqual(CRITERIA.map(() => 1));
    expect(readQuality(stories, taskText(SAM), ` ${GOOD}\n`)?.mean).toBe(1);
  });

  it('fail one by one', () => {
    expect(named(GOOD.replace('Sam has', 'Tom has'))).toMatchObject({ opening: 0, numbers: 1 });
    expect(named(GOOD.replace('50 stones', '50 pens'))).toMatchObject({ opening: 0.5, grammar: 0 });
    expect(named(GOOD.replace('34', '33'))).toMatchObject({ numbers: 0.75, 'no-others': 0.75, grammar: 1 });
    expect(named(GOOD.replace('He sells', 'He eats'))).toMatchObject({ grammar: 0, possible: 0, varied: 2 / 3 });
    expect(named(GOOD.replace('He sells', 'She sells'))).toMatchObject({ pronoun: 2 / 3, grammar: 1 });
    expect(named(GOOD.replace('does Sam have', 'does Tom have'))).toMatchObject({ question: 0.5, grammar: 0 });
    expect(named('Sam has 15 stones. He sells 34. How many stones does Sam have?')).toMatchObject({
      possible: 0,
      grammar: 1,
      numbers: 0.5,
    });
    expect(named(GOOD.replace('He gets 42 from Mia', 'He finds 42 more'))).toMatchObject({ varied: 2 / 3 });
  });

  it('count a repeated number once', () => {
    expect(named('Sam has 42 stones. He finds 42 more. How many stones does Sam have?')).toMatchObject({
      numbers: 0.25,
      'no-others': 0.5,
    });
  });

  it('are numbers in 0..1 for any text, and 0 for one that is too long', () => {
    const piece = fc.constantFrom('Sam has ', '42', ' stones', '. ', 'He ', 'finds ', '? ', 'How many ', 'x', '-');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        for (const value of storyQuality(SAM, pieces.join(''))) {
          expect(value).toBeGreaterThanOrEqual(0);
          expect(value).toBeLessThanOrEqual(1);
        }
      }),
    );
    expect(storyQuality(SAM, GOOD.repeat(20))).toEqual(CRITERIA.map(() => 0));
    expect(storyQuality(SAM, '')).toEqual(CRITERIA.map(() => 0));
  });
});

describe('the corpus', () => {
  const recipe = storyRecipeSchema.parse({});
  const documents = Array.from({ length: 600 }, (_, seed) => storyDocument(new Random(seed), recipe));
  const answered = documents.filter(({ assistant }) => !assistant.startsWith('<question>'));
  const qualityOf = ({ task, assistant }: (typeof documents)[number]): number =>
    readQuality(stories, taskText(task), assistant)?.mean ?? Number.NaN;
  const mean = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0) / values.length;

  it('fails the criterion of each flaw, and no criterion without a flaw', () => {
    for (let seed = 0; seed < 60; seed++) {
      const task = randomTask(new Random(seed));
      const written = (flaws: (typeof FLAWS)[number][]): number[] =>
        storyQuality(task, writeStory(new Random(seed), task, flaws).story);
      expect(mean(written([]))).toBeGreaterThan(0.97);
      for (const [at, flaw] of FLAWS.entries()) {
        // One event is varied in any case.
        if (flaw !== 'varied' || task.numbers.length > 2) expect([flaw, written([flaw])[at]]).not.toEqual([flaw, 1]);
      }
    }
    expect(FLAWS).toEqual(CRITERIA);
  });

  it('has stories of mixed quality, better after a hint', () => {
    const [hinted, plain] = [true, false].map((isHinted) =>
      answered.filter(({ user }) => user.includes('\n\nHint: ') === isHinted).map(qualityOf),
    );
    expect(mean(plain)).toBeGreaterThan(0.6);
    expect(mean(plain)).toBeLessThan(0.85);
    expect(mean(hinted)).toBeGreaterThan(mean(plain) + 0.05);
  });

  it('poses tasks that the domain reads, none of them held out', () => {
    const posed = documents.filter(({ assistant }) => assistant.startsWith('<question>'));
    expect(posed.length).toBeGreaterThan(100);
    for (const { assistant, task } of posed) {
      const { text, hint = '', invalid } = stories.parseQuestion(assistant);
      expect({ text, invalid }).toEqual({ text: taskText(task), invalid: null });
      expect(isHint(hint)).toBe(true);
    }
    expect(documents.some(({ task }) => stories.heldOutTasks.includes(taskText(task)))).toBe(false);
  });
});

describe('the domain stories', () => {
  it('is open, and has held-out tasks', () => {
    expect(checkDomain(stories, 'here')).toBe(stories);
    const tasks = stories.heldOutTasks.tasks(1000);
    expect(tasks).toHaveLength(HELD_OUT_TASKS);
    expect(stories.heldOutTasks.tasks(3)).toEqual(tasks.slice(0, 3));
    const [first] = tasks;
    const { numbers = [] } = parseTask(first) ?? {};
    const turned = taskText({ name: 'Eva', things: 'pens', numbers: numbers.toReversed() });
    expect(stories.heldOutTasks.includes(turned)).toBe(true);
    expect(stories.heldOutTasks.includes(taskText({ ...SAM, numbers: [2, 3] }))).toBe(false);
  });
});
