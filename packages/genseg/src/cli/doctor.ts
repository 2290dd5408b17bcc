/** genseg doctor: whether this machine is set up well, and the mend for what is not. */
import { Command } from '@commander-js/extra-typings';
import { type Environment, environment } from '@genseg/torch';
import { describeEnvironment } from '../run/index.ts';
import { print } from './io.ts';

interface Finding {
  name: string;
  value: string;
  /** What to do; null: nothing. */
  advice: string | null;
}

const gibibytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`;

export function examine(
  engine: Environment,
  host: { cores: number; memoryBytes: number; policy: string | undefined },
): Finding[] {
  const bf16 = engine.cpu.amx ? 'bf16 on AMX' : engine.cpu.bf16 ? 'bf16' : 'no bf16';
  return [
    { name: 'LibTorch', value: engine.version, advice: null },
    {
      name: 'BLAS',
      value: engine.blas,
      advice:
        engine.blas === 'reference'
          ? 'transposed convolutions run 10 to 30 times slower than they could: apt install libopenblas0-pthread'
          : null,
    },
    {
      name: 'processor',
      value: `${engine.cpu.capability}, ${bf16}`,
      advice:
        engine.cpu.capability === 'DEFAULT'
          ? 'no AVX2: expect several times the usual times'
          : null,
    },
    {
      name: 'threads',
      value: `${engine.threads} of ${host.cores} cores`,
      advice:
        engine.threads > host.cores
          ? 'more threads than cores slow each other down: use --threads'
          : null,
    },
    {
      name: 'memory',
      value: gibibytes(host.memoryBytes),
      advice:
        host.memoryBytes < 4 * 2 ** 30 ? 'below 4 GiB: keep to --size 128 and --preset fast' : null,
    },
    ...(engine.oneDnnHeld
      ? [
          {
            name: 'oneDNN',
            value: 'held to AVX: this version of it computes wrongly with later instructions',
            advice:
              'convolutions are the slower for it; npm run setup -- --wheel fetches another LibTorch',
          },
        ]
      : []),
    {
      name: 'OpenMP waiting',
      value: host.policy ?? 'unset',
      advice:
        host.policy === 'passive'
          ? null
          : 'set OMP_WAIT_POLICY=passive: busy waiting is ruinous on a shared machine',
    },
    ...engine.cuda.map(({ free, total }, i) => ({
      name: `CUDA device ${i}`,
      value: `${gibibytes(free)} of ${gibibytes(total)} free`,
      advice: free < 2 * 2 ** 30 ? 'little memory is free: another program uses this device' : null,
    })),
    engine.cuda.length === 0
      ? { name: 'CUDA', ...withoutDevice(engine.config) }
      : {
          name: 'CUDA graphs',
          value: engine.cudaGraphs ? 'can be captured' : 'none',
          advice: engine.cudaGraphs
            ? null
            : "for train --cuda-graphs: LibTorch 2.4 or later and CUDA's headers; then remove packages/torch/build and run npm run setup",
        },
  ];
}

/** Why there is no CUDA device, from LibTorch's account of how it was built. */
const withoutDevice = (config: string) =>
  /USE_CUDA=(ON|1)/.test(config)
    ? {
        value: 'this LibTorch has it, and sees no device',
        advice: "look at NVIDIA's driver (nvidia-smi) and CUDA_VISIBLE_DEVICES",
      }
    : {
        value: 'none: this LibTorch was built without; for a GPU see README, "Which LibTorch"',
        advice: null,
      };

export const doctorCommand = new Command('doctor')
  .description('show what the engine runs on, and what would make it faster')
  .option('--json', 'print the findings as one JSON object')
  .addHelpText('after', '\nExample:\n  genseg doctor')
  .action(({ json }) => {
    const engine = environment();
    const { cpu, memoryBytes } = describeEnvironment(null);
    const findings = examine(engine, {
      cores: cpu.cores,
      memoryBytes,
      policy: process.env.OMP_WAIT_POLICY,
    });
    if (json) return print({ findings });
    print(
      findings
        .map(
          ({ name, value, advice }) =>
            `${advice ? '!' : ' '} ${name.padEnd(16)} ${value}${advice ? `\n    ${advice}` : ''}`,
        )
        .join('\n'),
    );
  });
