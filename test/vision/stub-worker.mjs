import { parentPort, workerData } from 'node:worker_threads';

// Speaks the vision worker's messages without a model: for tests of what stands around it.
const { packageDir: mode } = workerData;
if (mode === 'refuse') {
  parentPort.postMessage({
    type: 'failed',
    error: { kind: 'corrupt', message: 'onnx/x.onnx is damaged', hint: 'Download it again' },
  });
} else if (mode === 'die') {
  process.exit(3);
} else if (mode !== 'mute') {
  parentPort.on('message', ({ type, id, method, args }) => {
    if (type === 'exit') process.exit(0);
    if (type !== 'call') return;
    const [first] = args;
    if (first === 'exit') process.exit(7);
    if (first === 'throw') throw new Error('a stray error');
    if (first === 'hang') return;
    if (first === 'refuse')
      parentPort.postMessage({ type: 'error', id, error: { kind: 'invalid-input', message: 'no', hint: 'yes' } });
    else setImmediate(() => parentPort.postMessage({ type: 'done', id, value: [method, first] }));
  });
  parentPort.postMessage({ type: 'ready', description: { identity: { name: 'stub' } } });
}
