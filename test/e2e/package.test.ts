/** Tests the package as a user gets it: packed, installed into an empty folder, run as a command and as a library. */

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, sep } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installTarball, node, npx, packProject } from '../fixtures/packed.ts';
import { ROOT } from '../fixtures/program.ts';
import { documentedCommands, TINY } from '../fixtures/documented-commands.ts';
import { writeRandomCheckpoint } from '../fixtures/random-checkpoint.ts';
import { setFlags, SHORT_RUN } from '../fixtures/short-run.ts';
import { watchedHome, type WatchedHome } from '../fixtures/watched-home.ts';

/** The line of the README that installs the package. */
const INSTALL = ['npm', 'install', '--ignore-scripts', 'rzero'];

/** No files outside the project, no connections. */
const NO_TRACES = { files: [], calls: [] };

/** What the program left and asked for, apart from the address at which it serves the page of a run itself. */
function traces(): { files: string[]; calls: string[] } {
  const { files, calls } = home.traces();
  return { files, calls: calls.filter((call) => call !== 'lookup "127.0.0.1"') };
}

const root = realpathSync(mkdtempSync(join(tmpdir(), 'rzero-package-')));
let project: string;
let home: WatchedHome;
/** Installed files, as paths in the package with forward slashes. */
let files: string[];

beforeAll(async () => {
  const tarball = await packProject(root);
  project = await installTarball(tarball, root, INSTALL.slice(2, -1));
  home = await watchedHome(root);
  files = readdirSync(installed(), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(installed(), join(entry.parentPath, entry.name)).split(sep).join('/'));
}, 300_000);

afterAll(() => {
  home.close();
  rmSync(root, { recursive: true, force: true });
});

function installed(path = ''): string {
  return join(project, 'node_modules/rzero', path);
}

function text(path: string): string {
  return readFileSync(installed(path), 'utf8');
}

describe('the tarball', () => {
  it('contains only the files that a user needs', () => {
    expect([...new Set(files.map((path) => path.split('/')[0]))].sort()).toEqual(
      ['CHANGELOG.md', 'LICENSE', 'README.md', 'dist', 'docs', 'examples', 'models', 'package.json', 'recipes'].sort(),
    );
    const page = /^dist\/web\/(index\.html|assets\/(page\.js|style\.css|KaTeX_\w+-\w+\.woff2))$/;
    expect(files).toEqual(expect.arrayContaining(['dist/web/index.html', 'dist/web/assets/page.js']));
    expect(files.filter((path) => path.startsWith('dist/') && !page.test(path) && !/\.(js|d\.ts)$/.test(path))).toEqual(
      [],
    );
    expect(files.filter((path) => /\.(test|contract)\.|log\.jsonl$/.test(path))).toEqual([]);
    expect(files.filter((path) => path.endsWith('.js') && text(path).includes('sourceMappingURL'))).toEqual([]);
  });

  it('contains every document that the program names', () => {
    const named = files
      .filter((path) => path.startsWith('dist/') && path.endsWith('.js'))
      .flatMap((path) => [...code(text(path)).matchAll(/\b(?:docs|recipes)\/[\w./-]+\.(?:md|toml)\b/g)])
      .map(([path]) => path);
    expect(named).toEqual(expect.arrayContaining(['docs/reference/config.md', 'docs/guide/ablations.md']));
    expect(named.filter((path) => !files.includes(path))).toEqual([]);
  });

  it('has relative links only to files that it contains', () => {
    const dead = markdown().flatMap((path) =>
      links(text(path))
        .filter((link) => !/^[a-z]+:/.test(link))
        .filter((link) => !existsSync(installed(join(dirname(path), link))))
        .map((link) => `${path}: ${link}`),
    );
    expect(dead).toEqual([]);
  });

  it('links to existing files of the repository in package.json', () => {
    const { repository, homepage, bugs } = JSON.parse(text('package.json')) as Record<string, unknown>;
    const address = String(homepage).replace('#readme', '');
    expect({ repository, bugs }).toEqual({
      repository: { type: 'git', url: `git+${address}.git` },
      bugs: `${address}/issues`,
    });
    const own = markdown()
      .flatMap((path) => links(text(path)))
      .filter((link) => /^https:\/\/github\.com\/[^/]+\/rzero\b/.test(link));
    const file = new RegExp(`^${address}/(?:blob|tree)/main/(.+)$`);
    expect(own.filter((link) => !existsSync(join(ROOT, file.exec(link)?.[1] ?? 'nowhere')))).toEqual([]);
    expect(own).not.toEqual([]);
  });

  it('installs with the command in the README', () => {
    expect(text('README.md')).toContain(`\n${INSTALL.join(' ')} `);
  });
});

describe('the installed package', () => {
  it('evolves from the command line, without other files or connections', { timeout: 600_000 }, async () => {
    const { code, out, err } = await npx(
      ['rzero', 'evolve', '--scale', 'tiny', '--iterations', '1'],
      project,
      home.env,
    );
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('mean@4');
    expect(readdirSync(join(project, 'runs'))).toHaveLength(1);
    expect(traces()).toEqual(NO_TRACES);
  });

  it('evolves from a script, without other files or connections', { timeout: 300_000 }, async () => {
    const config = { ...SHORT_RUN, iterations: 1, pool: { questions: 16, chunk: 16 } };
    // ONNX Runtime's first upload would start about 10 seconds after its start.
    const script = `
      import { setTimeout } from 'node:timers/promises';
      import { evolve } from 'rzero';
      const stages = [];
      const run = evolve({ runDir: 'runs/script', config: ${JSON.stringify(config)} });
      for await (const event of run) if (event.type === 'stage-end') stages.push(event.stage);
      const { outcome } = await run.result;
      console.log(JSON.stringify({ outcome, stages }));
      await setTimeout(Math.max(0, 20_000 - performance.now()));
    `;
    writeFileSync(join(project, 'evolve.mjs'), script);
    const { code, out, err } = await node(['evolve.mjs'], project, home.env);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const stages = ['baseline', 'train-challenger', 'propose', 'vote', 'filter', 'train-solver', 'evaluate'];
    expect(JSON.parse(out)).toEqual({ outcome: 'finished', stages });
    expect(traces()).toEqual(NO_TRACES);
  });
});

describe('the commands of the documents', () => {
  it('work from an empty folder', { timeout: 1_800_000 }, async () => {
    const folder = join(root, 'checkpoint');
    await writeRandomCheckpoint(folder, { architecture: 'qwen3', maxPositions: 4096 });
    const data = join(root, 'data');
    mkdirSync(data);
    writeFileSync(join(data, 'gsm8k.jsonl'), '{"question":"1 + 1?","answer":"It is 2.\\n#### 2"}\n');
    writeFileSync(join(data, 'math500.jsonl'), '{"problem":"1 + 1?","answer":"2"}\n');
    const env = { ...home.env, RZERO_DATA: data };
    const empty = join(project, 'empty');
    mkdirSync(empty);
    for (const flags of [['--lora'], ['--iterations', '3']]) {
      const started = await npx(['rzero', 'evolve', ...flags, ...setFlags(TINY)], empty, env);
      expect(started).toMatchObject({ code: 0, err: '' });
    }
    const [adapterRun, run] = readdirSync(join(empty, 'runs')).toSorted();

    const pages = [
      'docs/guide/getting-started.md',
      'README.md',
      'docs/guide/your-own-model.md',
      'docs/guide/exporting.md',
      'docs/guide/ablations.md',
    ];
    const places = { folder, run, adapterRun, out: join(root, 'exported') };
    const commands = [...pages, 'recipes/README.md'].flatMap((page) =>
      documentedCommands(text(page), { ...places, out: join(places.out, page) }),
    );
    expect(new Set(commands.map(([command]) => command))).toEqual(
      new Set(['doctor', 'evolve', 'resume', 'runs', 'show', 'chat', 'eval', 'export', 'finetune', 'ablate', 'query']),
    );
    const failed: string[] = [];
    for (const command of commands) {
      const { code, err } = await npx(['rzero', ...command], empty, env);
      if (code !== 0) failed.push(`${command.join(' ')}\n${err}`);
    }
    expect(failed).toEqual([]);
  });

  it('name recipes that exist, also to pretrain', async () => {
    const { code, err } = await npx(['rzero', 'pretrain', '--recipe', 'recipes/none.toml'], project, home.env);
    expect(code).toBe(2);
    const named = /such as (\S+)\.$/m.exec(err)?.[1] ?? '';
    expect(existsSync(named)).toBe(true);
  });
});

/** Removes the comments of a module. */
function code(source: string): string {
  return source.replaceAll(/^\s*(?:\/\*\*[\s\S]*?\*\/|\/\/.*)$/gm, '');
}

function markdown(): string[] {
  return files.filter((path) => path.endsWith('.md'));
}

/** Returns the targets of a Markdown file's links, without fragments. */
function links(page: string): string[] {
  return [...page.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link.split('#')[0]).filter((link) => link !== '');
}
