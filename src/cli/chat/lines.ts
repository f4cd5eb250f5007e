/** What a conversation prints. Pure. All texts of a model pass through `clean` or `cleanPart`. */

import type { VoteTally } from '../../types.ts';
import { bar, clean, count, flow, hanging, pad, percent, width, wrap } from '../render/format.ts';
import type { Palette } from '../render/palette.ts';
import { COMMANDS } from './input.ts';
import type { Turn } from './turns.ts';
import { type Reply, roleNamed, type Voice } from './voice.ts';

const BAR_COLUMNS = 20;
const MOST_ANSWERS = 8;

/** What the domain reads in a completion. */
export function readingLine(reply: Reply, palette: Palette): string {
  const truth = reply.truth === null ? '' : ` · truth ${clean(reply.truth)}`;
  const cut = reply.stop === 'length' ? ' · cut off at the token limit' : '';
  const what = roleNamed(reply.role).answers ? 'answer' : 'question';
  const reading = reply.reading === null ? `no ${what}` : `${what}: ${clean(reply.reading)}`;
  return palette.dim(`${reading}${truth}${cut}`);
}

/** The answers to one question with their counts, then the majority. */
export function voteLines(tally: VoteTally, truth: string | null, palette: Palette, columns: number): string[] {
  const groups = tally.groups.slice(0, MOST_ANSWERS);
  const rest = tally.groups.slice(MOST_ANSWERS).reduce((sum, group) => sum + group.count, 0);
  const counted = tally.groups.reduce((sum, group) => sum + group.count, 0);
  const rows: [string, number][] = [
    ...groups.map((group): [string, number] => [clean(group.answer, 30), group.count]),
    ...(rest > 0 ? [['others', rest] satisfies [string, number]] : []),
    ...(tally.attempts > counted ? [['no answer', tally.attempts - counted] satisfies [string, number]] : []),
  ];
  const room = Math.max(...rows.map(([answer]) => width(answer)));
  const verdict = tally.label === null ? 'no majority' : `majority ${clean(tally.label, 30)}`;
  return [
    ...rows.map(
      ([answer, votes]) =>
        `  ${pad(answer, room)}  ${bar(votes / tally.attempts, BAR_COLUMNS).replaceAll('░', ' ')}  ${count(votes)}`,
    ),
    ...flow(
      [
        verdict,
        `agreement ${percent(tally.agreement, 0)} of ${count(tally.attempts)}`,
        ...(truth === null ? [] : [`truth ${clean(truth, 30)}`]),
      ],
      columns,
    ).map((line) => palette.dim(line)),
  ];
}

/** The commands of a conversation. */
export function helpLines(columns: number): string[] {
  const room = Math.max(...COMMANDS.map(([command]) => command.length));
  return COMMANDS.flatMap(([command, what]) => hanging(`  ${command.padEnd(room)}  `, what, columns));
}

/** The turns so far, and whether the next prompt has them. */
export function historyLines(history: readonly Turn[], isKept: boolean, palette: Palette, columns: number): string[] {
  const state = isKept
    ? 'Earlier turns are part of each prompt; /history off asks each question alone.'
    : 'Each question is asked alone; /history on passes earlier turns too.';
  return [
    ...history.flatMap(({ question, answer }) => [
      ...hanging('> ', clean(question), columns),
      ...hanging('  ', clean(answer), columns),
    ]),
    ...wrap(history.length === 0 ? `Nothing was asked yet. ${state}` : state, columns).map((line) => palette.dim(line)),
  ];
}

/** Who speaks: `2026-11-30-arith-base-01@2 (solver) as solver.` */
export function speakerLine({ subject, role }: Pick<Voice, 'subject' | 'role'>, columns: number): string[] {
  return wrap(`${clean(subject.name)} as ${role.name}.`, columns);
}
