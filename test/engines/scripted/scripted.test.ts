import { engineContract } from '../../../src/engine/engine.contract.ts';
import { writeRandomBase } from '../../fixtures/scripted/random-base.ts';
import createScriptedEngine from './index.ts';

engineContract('scripted', createScriptedEngine, writeRandomBase);
