import { describe, expect, it } from 'vitest';

import { ADAM, datum, ENTROPY, openClient, outcomeOf } from '../../../../../test/tinker/open-client.ts';
import { detail } from '../../../../../test/tinker/scripted-service.ts';

describe('sequence numbers', () => {
  it('count all training requests of a model from 1', async () => {
    const { service, client } = await openClient();
    const [one, two] = [await client.createModel('base', { rank: 4 }), await client.createModel('base', { rank: 4 })];
    await one.loadWeights('tinker://x/weights/y', true);
    await one.forwardBackward([datum(1)], { ...ENTROPY, forwardOnly: true });
    await two.forwardBackward([datum(1)], ENTROPY);
    await one.forwardBackward([datum(1)], ENTROPY);
    await one.optimStep(ADAM);
    await one.saveWeights('a');
    await one.saveWeightsForSampler('a');
    await one.publish();
    await one.optimStep(ADAM);
    expect(service.done.filter((line) => line.includes(one.id) && !line.includes('tinker'))).toEqual([
      `forward ${one.id} 2 1`,
      `pass ${one.id} 3 1`,
      `step ${one.id} 4`,
      `step ${one.id} 8`,
    ]);
    expect(service.done).toContain(`pass ${two.id} 1 1`);
    expect(service.bodies('save_weights_for_sampler').map(({ seq_id: seq }) => seq)).toEqual([6, 7]);
  });

  it('are used up by a request that the service rejects', async () => {
    const { service, client } = await openClient();
    const model = await client.createModel('base', { rank: 4 });
    service.script('optim_step', detail(422, 'learning_rate must not be negative'));
    expect(await outcomeOf(model.optimStep(ADAM))).toBe('refused');
    await model.optimStep(ADAM);
    expect(service.done).toEqual([`step ${model.id} 2`]);
  });

  it('of models and samplers count per session from 0', async () => {
    const { service, client } = await openClient();
    await client.createModel('base', { rank: 4 });
    const model = await client.createModel('base', { rank: 4 });
    await client.openSampling({ baseModel: 'base' });
    await model.publish();
    await client.openSampling({ baseModel: 'base' });
    expect(service.bodies('create_model').map((body) => body['model_seq_id'])).toEqual([0, 1]);
    const samplings = [...service.bodies('create_sampling_session'), ...service.bodies('save_weights_for_sampler')];
    expect(samplings.map((body) => Number(body['sampling_session_seq_id'])).toSorted((a, b) => a - b)).toEqual([
      0, 1, 2,
    ]);
  });
});

describe('a large batch', () => {
  it('is sent in chunks, the first one last, and joined in order', async () => {
    const { service, client } = await openClient({ config: { fwdbwd_max_chunk_len: 2 } });
    const model = await client.createModel('base', { rank: 4 });
    const data = [1, 2, 3, 4, 5].map((token) => datum(token));
    const output = await model.forwardBackward(data, ENTROPY);
    expect(service.done).toEqual([2, 3, 1].map((seq) => `pass ${model.id} ${seq} ${seq === 3 ? 1 : 2}`));
    expect(output.logprobs.map(([logprob]) => logprob * -8)).toEqual([1, 2, 3, 4, 5]);
    expect(output.metrics).toEqual({ 'loss:sum': 5, 'first:min': 1 });
    await model.optimStep(ADAM);
    expect(service.done.at(-1)).toBe(`step ${model.id} 4`);
  });

  it('of which only a part was accepted has failed, and ends the model', async () => {
    const { service, client } = await openClient({ config: { fwdbwd_max_chunk_len: 1 } });
    const model = await client.createModel('base', { rank: 4 });
    service.script('forward_backward', 'pass', detail(422, 'bad'));
    expect(await outcomeOf(model.forwardBackward([datum(1), datum(2), datum(3)], ENTROPY))).toBe('failed');
    expect(await outcomeOf(model.optimStep(ADAM))).toBe('lost-model');
    expect(service.done).toEqual([`pass ${model.id} 2 1`]);
  });

  it('leaves a model that can still be unloaded after it has ended', async () => {
    const { service, client } = await openClient({ config: { fwdbwd_max_chunk_len: 1 } });
    const model = await client.createModel('base', { rank: 4 });
    service.script('forward_backward', 'pass', detail(422, 'bad'));
    expect(await outcomeOf(model.forwardBackward([datum(1), datum(2), datum(3)], ENTROPY))).toBe('failed');
    await model.unload();
    expect(service.bodies('unload_model').map((body) => body['model_id'])).toEqual([model.id]);
  });

  it('without any datum is not sent', async () => {
    const { service, client } = await openClient();
    const model = await client.createModel('base', { rank: 4 });
    expect(await outcomeOf(model.forwardBackward([], ENTROPY))).toBe('refused');
    expect(service.requests('forward_backward')).toEqual([]);
  });
});

describe('calls of one model', () => {
  it('are submitted before the results of earlier ones, in the order of the calls', async () => {
    const { service, client } = await openClient();
    const model = await client.createModel('base', { rank: 4 });
    const polled = service.requests('retrieve_future').length;
    // The result of the pass stays open until the step has been submitted.
    const stepped = (): boolean => service.requests('optim_step').length > 0;
    service.always('retrieve_future', () => (stepped() ? 'pass' : { body: { type: 'try_again' } }));
    await Promise.all([model.forwardBackward([datum(1)], ENTROPY), model.optimStep(ADAM)]);
    expect(service.done).toEqual([`pass ${model.id} 1 1`, `step ${model.id} 2`]);
    expect(service.requests('retrieve_future').length).toBeGreaterThan(polled);
  });

  it('with different losses never wait together', async () => {
    const { service, client } = await openClient();
    const model = await client.createModel('base', { rank: 4 });
    let open = 0;
    const most: string[] = [];
    service.always('forward_backward', ({ body }) => {
      most.push(`${body.includes('ppo') ? 'ppo' : 'entropy'} with ${open} open`);
      open++;
      return 'pass';
    });
    service.always('retrieve_future', () => {
      open--;
      return 'pass';
    });
    const ppo = { name: 'ppo', config: { clip_low_threshold: 0.8 } };
    await Promise.all([
      model.forwardBackward([datum(1)], ENTROPY),
      model.forwardBackward([datum(2)], ppo),
      model.forwardBackward([datum(3)], ENTROPY),
    ]);
    expect(most).toEqual(['entropy with 0 open', 'ppo with 0 open', 'entropy with 0 open']);
  });

  it('that were made before a failure was known are not sent', async () => {
    const { service, client } = await openClient();
    const model = await client.createModel('base', { rank: 4 });
    service.script('forward_backward', detail(422, 'bad'), detail(422, 'bad'));
    const calls = [model.forwardBackward([datum(1)], ENTROPY), model.optimStep(ADAM)];
    expect(await Promise.all(calls.map(outcomeOf))).toEqual(['refused', 'refused']);
    expect(service.done).toEqual([]);
    // What is called later knows about it.
    expect(await outcomeOf(model.optimStep(ADAM))).toBe('done');
  });
});

describe('the encoding of training data', () => {
  it('is protobuf, and so is that of results', async () => {
    const { service, client } = await openClient();
    const model = await client.createModel('base', { rank: 4 });
    await model.forwardBackward([datum(1)], ENTROPY);
    expect(service.requests('forward_backward')[0].headers['content-type']).toBe('application/x-protobuf');
    expect(service.requests('retrieve_future').at(-1)?.headers.accept).toContain('application/x-protobuf');
  });

  it.each([415, 422, 400])('becomes JSON for a service that answers %i to protobuf', async (status) => {
    const { service, client } = await openClient({ protobuf: status }, { repeatTraining: false });
    const model = await client.createModel('base', { rank: 4 });
    await model.forwardBackward([datum(1)], ENTROPY);
    await model.forwardBackward([datum(2)], { ...ENTROPY, forwardOnly: true });
    expect(service.done).toEqual([`pass ${model.id} 1 1`, `forward ${model.id} 2 1`]);
    const types = service.requests('forward_backward').map(({ headers }) => headers['content-type']);
    expect(types).toEqual(['application/x-protobuf', 'application/json']);
  });

  it('becomes JSON for good after two answers of 500, and stays protobuf after one', async () => {
    const { service, client } = await openClient({ protobuf: 500 }, { repeatTraining: false });
    const model = await client.createModel('base', { rank: 4 });
    for (let i = 0; i < 3; i++) await model.forwardBackward([datum(1)], ENTROPY);
    const types = service.requests('forward_backward').map(({ headers }) => headers['content-type']?.slice(12));
    expect(types).toEqual(['x-protobuf', 'json', 'x-protobuf', 'json', 'json']);
    const other = await openClient();
    const second = await other.client.createModel('base', { rank: 4 });
    other.service.script('forward_backward', { status: 500, body: 'a proxy' });
    for (let i = 0; i < 2; i++) await second.forwardBackward([datum(1)], ENTROPY);
    const later = other.service.requests('forward_backward').map(({ headers }) => headers['content-type']?.slice(12));
    expect(later).toEqual(['x-protobuf', 'json', 'x-protobuf']);
  });

  it('of a request that the service refuses in both is not learned', async () => {
    const { service, client } = await openClient();
    const model = await client.createModel('base', { rank: 4 });
    service.script('forward_backward', detail(422, 'bad loss'), detail(422, 'bad loss'));
    expect(await outcomeOf(model.forwardBackward([datum(1)], ENTROPY))).toBe('refused');
    await model.forwardBackward([datum(1)], ENTROPY);
    expect(service.requests('forward_backward').at(-1)?.headers['content-type']).toBe('application/x-protobuf');
  });
});

describe('a pass that is sent twice', () => {
  it('is done once or twice, or refused, as the service does', async () => {
    const once = await openClient();
    const model = await once.client.createModel('base', { rank: 4 });
    expect(await model.repeatPass([datum(8)], ENTROPY)).toMatchObject({
      repetition: 'same',
      output: { logprobs: [{ 0: -1 }] },
    });
    const twice = await openClient({ idempotent: false });
    const second = await twice.client.createModel('base', { rank: 4 });
    expect(await second.repeatPass([datum(8)], ENTROPY)).toMatchObject({ repetition: 'again' });
    expect(twice.service.done).toEqual([`pass ${second.id} 1 1`, `pass ${second.id} 1 1`]);
    twice.service.script('forward_backward', 'pass', detail(409, 'number used'), detail(409, 'number used'));
    twice.service.always('forward_backward', detail(409, 'number used'));
    expect(await second.repeatPass([datum(8)], ENTROPY)).toMatchObject({ repetition: 'refused' });
  });
});
