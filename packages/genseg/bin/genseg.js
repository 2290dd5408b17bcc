#!/usr/bin/env node
await import(process.argv[2] === 'studio' ? '../dist/cli/studio-main.js' : '../dist/cli/main.js');
