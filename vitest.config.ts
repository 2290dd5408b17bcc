import { availableParallelism } from 'node:os';
import { configDefaults, defineConfig } from 'vitest/config';

// Folders that know no torch (STYLE.md): their tests share a process, since starting one costs more than most of them.
const withoutTorch = [
  'packages/genseg/src/{data,metrics,picture,report,run,suite}/**/*.test.ts',
  'packages/genseg/test/data/**/*.test.ts',
  'packages/studio/src/**/*.test.ts',
];

export default defineConfig({
  // Workspace packages are tested from their TypeScript source, not from dist/.
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'] } },
  test: {
    pool: 'forks',
    maxWorkers: availableParallelism(), // vitest's own choice leaves a core idle
    testTimeout: 120_000,
    env: { OMP_WAIT_POLICY: 'passive', OMP_NUM_THREADS: '1' }, // a core for each worker
    projects: [
      {
        extends: true,
        test: {
          name: 'torch',
          include: ['packages/torch/{src,test}/**/*.test.ts'],
          setupFiles: ['packages/torch/test/setup.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'others',
          include: ['{packages/*/{src,test},scripts}/**/*.test.ts'],
          exclude: [...configDefaults.exclude, 'packages/torch/**', ...withoutTorch],
        },
      },
      {
        extends: true,
        test: { name: 'without torch', include: withoutTorch, isolate: false },
      },
    ],
  },
});
