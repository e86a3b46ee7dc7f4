import { WatchwordError } from '../platform/errors.ts';
import type { AnswerTokens } from './tokenizer.ts';

/**
 * Reads an answer from the logits of the position where it would begin: the softmax over the whole vocabulary, summed over
 * each group. `score` = yes / (yes + no); `mass` = yes + no.
 */
export function readScore(logits: Float32Array | undefined, answers: AnswerTokens): { score: number; mass: number } {
  if (!logits || logits.length === 0) throw new WatchwordError('internal', 'the decoder gave no logits');
  let most = Number.NEGATIVE_INFINITY;
  for (const logit of logits) if (logit > most) most = logit;
  if (!Number.isFinite(most))
    throw new WatchwordError('corrupt', 'the model answers with numbers that are none (NaN or infinite)', {
      hint: 'Use another precision of this package, fp32 or q8',
    });
  let all = 0;
  for (const logit of logits) all += Math.exp(logit - most);
  const sum = (tokens: readonly number[]): number =>
    tokens.reduce((total, token) => total + Math.exp((logits[token] ?? Number.NEGATIVE_INFINITY) - most), 0);
  const yes = sum(answers.yes);
  const no = sum(answers.no);
  if (Number.isNaN(all))
    throw new WatchwordError('corrupt', 'the model answers with numbers that are none (NaN)', {
      hint: 'Use another precision',
    });
  // Both groups can vanish beside a certain other token: then nothing is known, and the mass says so.
  return { score: yes + no > 0 ? yes / (yes + no) : 0.5, mass: (yes + no) / all };
}
