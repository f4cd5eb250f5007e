import { engineContract } from '../../../src/engine/engine.contract.ts';
import { writeRandomBase } from '../../fixtures/scripted/random-base.ts';
import createConcurrentEngine from './index.ts';

engineContract('concurrent', createConcurrentEngine, writeRandomBase);
