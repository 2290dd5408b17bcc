/** The commands that compute nothing with tensors: they start sooner, and the studio's server runs for hours, without LibTorch. */
import { dataCommand } from './data.ts';
import { inspectCommand } from './inspect.ts';
import { runProgram } from './program.ts';
import { reportCommand } from './report.ts';
import { studioCommand } from './studio.ts';

await runProgram([inspectCommand, dataCommand, reportCommand, studioCommand]);
