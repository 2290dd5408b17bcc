/** Builds the page, index.html and src/page, to dist/page. The server's policy forbids inline scripts and styles. */
import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  base: './',
  oxc: { jsx: { runtime: 'automatic' } },
  build: {
    outDir: 'dist/page',
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: { polyfill: false },
    // Data addresses would be inline content.
    assetsInlineLimit: 0,
  },
});
