/**
 * Measures the GPU in a child process: what it is, whether it computes the same as the processor, and how fast it is for
 * a model. Survives a driver that ends the child. Next: `measure-child.ts` (the child), `choice.ts` (what follows).
 */

import { fork } from 'node:child_process';

import type { DecoderConfig } from '../../../models/decoder-config.ts';
import { moduleArguments } from '../../../worker-host.ts';
import { disableTelemetry } from '../telemetry.ts';
import { nameFromSystem, nameInLoaderLog } from './adapter-name.ts';
import type { MeasureRequest } from './measure-child.ts';
import type { EngineSizes } from './rates.ts';
import { type AdapterName, type DeviceReport, type Measured, type ReportPart, reportPart } from './report.ts';

export interface MeasureOptions {
  decoder: DecoderConfig;
  sizes: EngineSizes;
  /** What to measure; the adapter is always tried first. Default: all. */
  parts?: readonly Measured[];
  /** Whether the speed of a software adapter is measured too; it says nothing about a GPU. Default false. */
  softwareSpeed?: boolean;
  /** Seconds after which the child is ended. */
  patience?: number;
}

const ALL: readonly Measured[] = ['adapter', 'numbers', 'speed', 'buffer'];
const PATIENCE = 90;
const LONGEST_LOG = 200_000;

/** Measures, in one child process for the numbers and one for the rest. Never throws for what a driver does. */
export async function measureDevice(options: MeasureOptions): Promise<DeviceReport> {
  const start = performance.now();
  const asked = options.parts ?? ALL;
  const first = await runChild(options, ['adapter', ...asked.filter((part) => part === 'numbers')], true);
  const opened = first.parts.some(({ part }) => part === 'adapter');
  const name = opened ? await nameOf(first.log) : null;
  const software = name?.software === true;
  const rest = asked.filter((part) => part === 'buffer' || part === 'speed');
  const wanted = software && options.softwareSpeed !== true ? rest.filter((part) => part !== 'speed') : rest;
  // The speed is not of interest on a device that computes wrong.
  const goesOn = opened && first.aborted === null && wanted.length > 0;
  const second = goesOn ? await runChild(options, wanted, software) : null;
  return {
    name,
    parts: [...first.parts, ...(opened && software ? skippedSpeed(rest, wanted) : []), ...(second?.parts ?? [])],
    aborted: first.aborted ?? second?.aborted ?? null,
    seconds: (performance.now() - start) / 1000,
  };
}

function skippedSpeed(rest: readonly Measured[], wanted: readonly Measured[]): ReportPart[] {
  if (!rest.includes('speed') || wanted.includes('speed')) return [];
  return [{ part: 'skipped', what: 'speed', why: 'a software adapter is slower than the processor that it runs on' }];
}

async function nameOf(log: string): Promise<AdapterName | null> {
  return process.platform === 'linux' ? nameInLoaderLog(log) : nameFromSystem();
}

interface Ended {
  parts: ReportPart[];
  /** What the child wrote to standard error. */
  log: string;
  aborted: string | null;
}

function runChild(
  { decoder, sizes, patience = PATIENCE }: MeasureOptions,
  parts: readonly Measured[],
  onlyLargest: boolean,
): Promise<Ended> {
  disableTelemetry();
  const request: MeasureRequest = { decoder, sizes, parts, onlyLargest };
  const { path, execArgv } = moduleArguments(new URL('./measure-child.ts', import.meta.url));
  return new Promise((resolve, reject) => {
    const child = fork(path, [JSON.stringify(request)], {
      execArgv,
      env: { ...process.env, VK_LOADER_DEBUG: 'info' },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    const found: ReportPart[] = [];
    let log = '';
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
    }, patience * 1000);
    child.stderr?.on('data', (data: Buffer) => {
      if (log.length < LONGEST_LOG) log += data.toString();
    });
    child.on('message', (message) => {
      const parsed = reportPart.safeParse(message);
      if (parsed.success) found.push(parsed.data);
    });
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ parts: found, log, aborted: late ? `no answer in ${patience} s` : endOf(code, signal) });
    });
  });
}

function endOf(code: number | null, signal: NodeJS.Signals | null): string | null {
  if (code === 0) return null;
  return `the driver ended it (${signal ?? `exit code ${code}`})`;
}
