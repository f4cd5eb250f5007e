/** One question: its attempts, its reward, why it was kept or dropped, and what other iterations made of its text. */

import { percent, plural, significant } from '../../../../../src/text/numbers.ts';
import type { QuestionDetail } from '../../../../../src/view/questions/types.ts';
import { useLoaded } from '../../../frame/loaded.ts';
import { Failure, Loading } from '../../../frame/states.tsx';
import { routeTo } from '../../../router.ts';
import { LongText, MathText, oneLine, Plain } from '../../../text/text.tsx';
import type { ViewProps } from '../../view.ts';
import { Chip } from '../parts/chip.tsx';
import { questionLink } from '../parts/links.ts';
import { difficultyWords, labelSign, verdictOf } from '../parts/words.ts';
import { Attempts } from './attempts.tsx';
import { History } from './history.tsx';

export function Detail({ source, route, id, version }: ViewProps & { id: string; version: number }) {
  const run = route.run ?? '';
  const { data, error, reload } = useLoaded(() => source.question(run, id), [run, id, version]);
  const back = (
    <a class="q-back" href={routeTo('questions', run, { settings: Object.fromEntries(route.settings) })}>
      ← All questions
    </a>
  );
  if (data === null) {
    return (
      <>
        {back}
        {error === null ? <Loading what="the question" /> : <Failure error={error} retry={reload} />}
      </>
    );
  }
  return (
    <>
      {back}
      <h1 class="unseen">Question {data.id}</h1>
      <Head question={data} />
      <div class="q-columns">
        <div>
          <Attempts question={data} />
        </div>
        <div>
          <Why question={data} />
          <History question={data} run={run} />
          <Alike question={data} run={run} />
          <Training question={data} />
          <Completion question={data} />
        </div>
      </div>
    </>
  );
}

function Head({ question }: { question: QuestionDetail }) {
  const { origin, iteration, step, index, difficulty, unit, label, claimed, truth, agreement } = question;
  const sign = labelSign(question);
  return (
    <section class="card q-question" aria-label="The question">
      <p class="q-facts-line">
        <Plain text={question.id} /> · {origin === 'pool' ? 'pool' : "the Challenger's training"}, iteration {iteration}
        , {origin === 'pool' ? `number ${index + 1}` : `step ${step + 1}, number ${index + 1}`}
        {difficulty !== null && ` · ${difficultyWords(difficulty, unit)}`}
      </p>
      <LongText text={question.fullText} empty="The completion contains no question." />
      <dl class="q-numbers-line">
        <Fact
          name="Label"
          value={label}
          extra={sign === null ? null : <Chip tone={sign.tone}>{`${sign.sign} ${sign.word}`}</Chip>}
        />
        <div>
          <dt>Agreement</dt>
          <dd>{agreement === null ? '–' : percent(agreement)}</dd>
        </div>
        <Fact name="Truth" value={truth} none={question.illPosed ? 'the oracle has none' : 'not known'} />
        <Fact name="Claimed by the Challenger" value={claimed} none="nothing" />
      </dl>
    </section>
  );
}

interface FactProps {
  name: string;
  value: string | null;
  none?: string;
  extra?: preact.ComponentChildren;
}

function Fact({ name, value, none = '–', extra = null }: FactProps) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {value === null ? <span class="q-soft">{none}</span> : <MathText text={oneLine(value, 200)} />} {extra}
      </dd>
    </div>
  );
}

/** What the Challenger got for it, and whether the Solver trains on it. */
function Why({ question }: { question: QuestionDetail }) {
  const { tone, word, sentence } = verdictOf(question);
  const { reward } = question;
  return (
    <section class="card" aria-labelledby="q-why">
      <h2 id="q-why">What became of it</h2>
      <p>
        <Chip tone={tone}>{word}</Chip> {sentence}
      </p>
      {reward !== null && (
        <table class="q-reward">
          <caption>Reward of the Challenger</caption>
          <tbody>
            {Object.entries(reward.parts).map(([name, value]) => (
              <tr key={name}>
                <th scope="row">
                  <Plain text={oneLine(name, 60)} />
                </th>
                <td>{significant(value)}</td>
              </tr>
            ))}
            <tr class="q-total">
              <th scope="row">reward</th>
              <td>{reward.total === null ? 'not a number' : significant(reward.total)}</td>
            </tr>
            {reward.advantage !== null && (
              <tr>
                <th scope="row">advantage in its group</th>
                <td>{significant(reward.advantage)}</td>
              </tr>
            )}
          </tbody>
        </table>
      )}
    </section>
  );
}

function Alike({ question: { cluster }, run }: { question: QuestionDetail; run: string }) {
  if (cluster === null) return null;
  const { kind, of, size, others } = cluster;
  const batch = kind === 'reward' ? 'of its training step' : 'of its pool';
  return (
    <section class="card" aria-labelledby="q-alike">
      <h2 id="q-alike">Similar questions</h2>
      <p>
        {size === 1
          ? `None of the ${plural(of, 'question')} ${batch} is similar.`
          : `${size} of ${plural(of, 'question')} ${batch} are similar, with this one.`}
        {kind === 'reward' && size > 1 && ' This cluster lowers the reward by its share (repetition).'}
      </p>
      {others.length > 0 && (
        <ul class="q-plain-list">
          {others.map((one) => (
            <li key={one.id}>
              <a href={questionLink(run, one.id)}>
                <MathText text={oneLine(one.text, 120)} />
              </a>
            </li>
          ))}
          {size - 1 > others.length && <li class="q-soft">and {size - 1 - others.length} more</li>}
        </ul>
      )}
    </section>
  );
}

function Training({ question: { training } }: { question: QuestionDetail }) {
  if (training.length === 0) return null;
  return (
    <section class="card" aria-labelledby="q-training">
      <h2 id="q-training">The Solver trained on it</h2>
      <ul class="q-plain-list">
        {training.map(({ iteration, step, rewards }) => {
          const right = rewards.filter((reward) => reward !== null && reward > 0).length;
          return (
            <li key={`${iteration}/${step}`}>
              iteration {iteration}, step {step + 1}: {right} of {plural(rewards.length, 'attempt')} rewarded{' '}
              <span class="q-dots" aria-hidden="true">
                {rewards.map((reward, at) => (
                  <i key={at} class={reward !== null && reward > 0 ? 'q-dot-full' : 'q-dot'} />
                ))}
              </span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function Completion({ question }: { question: QuestionDetail }) {
  return (
    <details class="card q-details">
      <summary>The Challenger&apos;s whole completion</summary>
      <LongText text={question.completion} math={false} />
    </details>
  );
}
