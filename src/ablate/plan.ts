/**
 * Reads an ablation plan: one base config, a list of seeds, and variants that each change a few settings.
 * TOML, validated strictly.
 *
 *     base = "arithmetic.toml"          # relative to the plan
 *     seeds = [1, 2]
 *
 *     [[variants]]
 *     name = "base-challenger"
 *     title = "base Challenger"
 *     set.challenger.train = false
 *
 * Next: `ablate.ts` runs the variants.
 */

import { basename, dirname, resolve } from 'node:path';
import { z } from 'zod';
import { checkDials } from '../config/dials/check-dials.ts';
import { resolveConfig } from '../config/load.ts';
import { describeIssue } from '../text/expectation.ts';
import { findConfigFile, readLayer } from '../config/parse.ts';
import type { ConfigInput, RunConfig } from '../config/schema.ts';
import { merge, type Table } from '../config/tables.ts';
import { openDomain } from '../domains/open-domain.ts';
import { ConfigError } from '../errors.ts';
import { packageFile } from '../package-file.ts';
import { checkAbilities } from '../loop/run/abilities.ts';

const table = z.record(z.string(), z.unknown());

const schema = z.strictObject({
  base: z.string().min(1).optional(),
  seeds: z.array(z.number().int().min(0).max(0xffffffff)).min(1),
  /** Which iteration's scores are compared: the last one, or the one that the run chose as best. */
  score: z.enum(['last', 'best']).default('last'),
  /** Variant that the others are compared with. Default: the first. */
  reference: z.string().optional(),
  config: table.default({}),
  variants: z
    .array(
      z.strictObject({
        name: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'must be lower-case words joined by hyphens'),
        title: z.string().min(1).optional(),
        /**
         * Starts from the best Solver of this variant's run with the same seed instead of the config's model.
         */
        from: z.string().optional(),
        /** Value reported in the paper, shown next to the measured one. */
        paper: z.string().optional(),
        set: table.default({}),
      }),
    )
    .min(1),
});

export interface Variant {
  name: string;
  title: string;
  from: string | null;
  paper: string | null;
  /** The settings that it changes, as written in the plan. */
  set: Table;
  /** Its resolved config, without the seed and, with `from`, without the model. */
  config: RunConfig;
}

export interface AblationPlan {
  /** File name without its extension. */
  name: string;
  path: string;
  seeds: readonly number[];
  score: 'last' | 'best';
  reference: string;
  variants: readonly Variant[];
}

export interface PlanOptions {
  /** Replaces the plan's seeds. */
  seeds?: readonly number[];
  /** `key=value` settings; they override the plan. */
  set?: readonly string[];
}

/** Reads a plan and resolves every variant. Throws ConfigError for any mistake, before a run starts. */
export async function readPlan(path: string, options: PlanOptions = {}): Promise<AblationPlan> {
  const parsed = schema.safeParse(readLayer(path).values);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw problem(`${path}: ${describeIssue(issue, 'the plan')}`);
  }
  const given = parsed.data;
  const names = given.variants.map(({ name }) => name);
  const reference = given.reference ?? names[0];
  checkNames(path, given.variants, reference);
  const files = given.base === undefined ? [] : [resolve(dirname(findConfigFile(path)), given.base)];
  const variants: Variant[] = [];
  for (const { name, title = name, from = null, paper = null, set } of given.variants) {
    const flags = merge(given.config, set) as ConfigInput;
    const config = await named(`${path}, variant ${name}`, async () => {
      const resolved = resolveConfig({ files, flags, set: options.set });
      checkDials(resolved);
      if (resolved.engine.kind === 'local' && resolved.engine.device === 'auto') {
        throw problem('engine.device = "auto" may choose another device for each run, and runs are compared: name one');
      }
      const { domain, module } = await openDomain(resolved.domain);
      checkAbilities(resolved, domain);
      return { ...resolved, domain: module?.path ?? resolved.domain };
    });
    variants.push({ name, title, from, paper, set, config });
  }
  const seeds = options.seeds ?? given.seeds;
  return { name: basename(path).replace(/\.toml$/, ''), path, seeds, score: given.score, reference, variants };
}

function checkNames(path: string, variants: readonly { name: string; from?: string }[], reference: string): void {
  const seen = new Set<string>();
  for (const { name, from } of variants) {
    if (seen.has(name)) throw problem(`${path}: two variants are named ${name}`);
    if (from !== undefined && !seen.has(from)) {
      throw problem(`${path}, variant ${name}: from = "${from}" must name a variant above it`);
    }
    seen.add(name);
  }
  if (!seen.has(reference)) throw problem(`${path}: reference = "${reference}" names no variant`);
}

/** Adds the variant's name to a config error. */
async function named<T>(where: string, resolveIt: () => Promise<T>): Promise<T> {
  try {
    return await resolveIt();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const message = error.message.slice(0, -error.advice.length - 1);
    throw new ConfigError(`${where}: ${message}`, error.advice, { cause: error });
  }
}

function problem(message: string): ConfigError {
  return new ConfigError(
    `${message}.`,
    `Correct the plan; ${packageFile('docs/guide/ablations.md')} describes the format.`,
  );
}
