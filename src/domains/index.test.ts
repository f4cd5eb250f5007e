import { describe, expect, it } from 'vitest';
import { ConfigError } from '../errors.ts';
import { arithmetic, type Domain, loadDomain, math } from './index.ts';

describe('domains', () => {
  it('finds a domain by name', () => {
    expect(loadDomain('arithmetic').name).toBe('arithmetic');
    expect(loadDomain('math').name).toBe('math');
  });

  it('rejects an unknown name and lists the known ones', () => {
    expect(() => loadDomain('chess')).toThrow(ConfigError);
    expect(() => loadDomain('chess')).toThrow(/arithmetic, math/);
  });
});

describe('arithmetic', () => {
  const domain = arithmetic;

  it('prompts with the question itself, without a system message', () => {
    expect(domain.solverMessages('Compute 1 + 2.')).toEqual([{ role: 'user', content: 'Compute 1 + 2.' }]);
    expect(domain.challengerMessages().map(({ role }) => role)).toEqual(['user']);
  });

  it('extracts the last box as the answer', () => {
    expect(domain.extractAnswer('Steps:\n1+2=3\n\\boxed{4} \\boxed{ 3 }')).toBe('3');
    expect(domain.extractAnswer('Steps:\n1+2=3')).toBeNull();
    expect(domain.extractAnswer('\\boxed{ }')).toBeNull();
  });

  it('detects worked steps', () => {
    expect(domain.work.isShown('Steps:\n1+2=3\n\\boxed{3}')).toBe(true);
    expect(domain.work.isShown('1+2=3 \\boxed{3}')).toBe(true);
    expect(domain.work.isShown('\\boxed{3}')).toBe(false);
  });
});

describe('math', () => {
  const domain: Domain = math;

  it('instructs both roles in a system message, and asks for a box', () => {
    for (const messages of [domain.challengerMessages(1), domain.solverMessages('What is 1 + 1?')]) {
      expect(messages.map(({ role }) => role)).toEqual(['system', 'user']);
      expect(messages[0].content).toContain('\\boxed{');
    }
    expect(domain.solverMessages('What is 1 + 1?')[1].content).toBe('What is 1 + 1?');
  });

  it('describes the format that it parses', () => {
    const example = '<question>\nFind x.\n</question>\n\n\\boxed{\\frac{1}{2}}';
    expect(domain.challengerMessages(1)[0].content).toContain('<question>\n');
    expect(domain.parseQuestion(example)).toEqual({ text: 'Find x.', claimed: '\\frac{1}{2}', invalid: null });
    expect(domain.extractAnswer('So \\boxed{\\frac{1}{2}}.')).toBe('\\frac{1}{2}');
  });

  it('has no abilities that it does not support', () => {
    const { truth, heldOut, generate, work, difficulty } = domain;
    expect([truth, heldOut, generate, work, difficulty]).toEqual(Array.from({ length: 5 }, () => undefined));
  });
});
