/** `genseg studio` alone: its server runs for hours, without LibTorch in memory. */
import { runProgram } from './program.ts';
import { studioCommand } from './studio.ts';

await runProgram([studioCommand]);
