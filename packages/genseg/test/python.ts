/** PyTorch beside us, where it is: Debian's python3-torch, or what PYTHON names. */
import { execFileSync, spawnSync } from 'node:child_process';

const program = process.env.PYTHON ?? '/usr/bin/python3';

/** Whether Python has these modules; a test that needs them says so in its name. */
export const hasPython = (...modules: string[]): boolean =>
  spawnSync(program, ['-c', `import ${modules.join(', ')}`]).status === 0;

/** @returns what the program printed. @throws with its error output where it fails. */
export const python = (...args: string[]): string =>
  execFileSync(program, args, { encoding: 'utf8', stdio: 'pipe' });
