import { describe, expect, test } from 'vitest';
import { parseRepository } from '../../../src/vision/hub/repository.ts';

describe('the name of a repository', () => {
  test.each([
    ['lab/Model-1.5', { endpoint: undefined, id: 'lab/Model-1.5', revision: undefined }],
    ['lab/model@main', { endpoint: undefined, id: 'lab/model', revision: 'main' }],
    ['lab/model@refs/pr/9', { endpoint: undefined, id: 'lab/model', revision: 'refs/pr/9' }],
    ['https://mirror.example/lab/model', { endpoint: 'https://mirror.example', id: 'lab/model', revision: undefined }],
    [
      'http://10.0.0.2:8080/hub/lab/model@v1/',
      { endpoint: 'http://10.0.0.2:8080/hub', id: 'lab/model', revision: 'v1' },
    ],
    ['model', undefined],
    ['lab/..', undefined],
    ['../../etc/passwd', undefined],
    ['lab/model@../x', undefined],
    ['lab/model@a@b', undefined],
    ['ftp://mirror.example/lab/model', undefined],
    ['', undefined],
  ])('%s', (text, expected) => {
    if (expected) expect(parseRepository(text)).toEqual(expected);
    else expect(() => parseRepository(text)).toThrow('names no repository');
  });
});
