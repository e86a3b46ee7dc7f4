import { defineConfig } from 'vitest/config';

export default defineConfig({
  root: new URL('..', import.meta.url).pathname,
  test: {
    include: ['test/**/*.test.ts', 'test/**/*.test.tsx'],
    globalSetup: ['test/support/build.ts'],
    // Two cores are what a small box and its CI have; more workers than that only make real ffmpeg and ONNX runs time out.
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 30_000,
    isolate: true,
  },
  // Hono renders the views; vite must compile their JSX as tsc does.
  oxc: { jsx: { runtime: 'automatic', importSource: 'hono/jsx' } },
});
