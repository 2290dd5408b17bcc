#!/usr/bin/env node
const withoutTorch = ['data', 'inspect', 'report', 'studio'].includes(process.argv[2]);
await import(withoutTorch ? '../dist/cli/main-without-torch.js' : '../dist/cli/main.js');
