import { nearest } from '../../src/platform/nearest.ts';

/** A benchmark prints what it measures and ends with one line {"summary":{...}} on standard output. */
interface Benchmark {
  run(args: string[]): Promise<void>;
}

const BENCHMARKS = ['model', 'pipeline', 'cameras', 'store', 'soak', 'day', 'fit', 'backtest', 'web'];

async function main([name, ...args]: string[]): Promise<number> {
  if (name === undefined || !BENCHMARKS.includes(name)) {
    const near = name === undefined ? [] : nearest(name, BENCHMARKS);
    const hint = near.length > 0 ? ` Did you mean ${near.join(' or ')}?` : '';
    if (name !== undefined) process.stderr.write(`bench: there is no benchmark "${name}".${hint}\n`);
    process.stderr.write(`usage: npm run bench -- ${BENCHMARKS.join(' | ')} [--json]\n`);
    return 2;
  }
  const benchmark = (await import(`./${name}.ts`)) as Benchmark;
  await benchmark.run(args);
  return 0;
}

main(process.argv.slice(2)).then(
  // A runtime that is still unloading its threads does not keep a finished benchmark waiting.
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`bench: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(1);
  },
);
