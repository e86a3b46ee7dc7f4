import { describeError, kindOf } from '../platform/errors.ts';
import type { Answer, VisionModel } from '../vision/model.ts';
import type { Dataset, LabelledQuestion, PictureQuestions } from './dataset.ts';
import type { Outcome } from './statistics.ts';

/** An outcome with what was asked of which picture. */
export interface Asked extends Outcome {
  readonly picture: string;
  readonly question: string;
  readonly mass?: number;
  readonly ms?: number;
  /** Why the picture could not be looked at; its verdict is unknown. */
  readonly failure?: string;
}

export interface EvaluateOptions {
  /** What an answer counts as. */
  readonly verdictOf: (answer: Answer) => Outcome['verdict'];
  readonly signal: AbortSignal;
}

/**
 * Asks every question of the set, picture by picture: one look serves all of a picture's questions. A picture that is damaged
 * or gone yields unknown outcomes with the reason; a model that fails ends the run.
 */
export async function* evaluate(model: VisionModel, dataset: Dataset, options: EvaluateOptions): AsyncGenerator<Asked> {
  for (const group of dataset.pictures) {
    options.signal.throwIfAborted();
    yield* await askAll(model, group, options);
  }
}

async function askAll(model: VisionModel, group: PictureQuestions, options: EvaluateOptions): Promise<Asked[]> {
  const { picture, questions } = group;
  let answers: readonly Answer[];
  try {
    answers = await answersOf(model, group, options.signal);
  } catch (error) {
    const kind = kindOf(error);
    if (kind !== 'invalid-input' && kind !== 'not-found' && kind !== 'too-large') throw error;
    return questions.map((asked) => ({
      ...named(picture.name, asked),
      verdict: 'unknown',
      failure: describeError(error),
    }));
  }
  return questions.map((asked, index): Asked => {
    const answer = answers[index];
    if (!answer) return { ...named(picture.name, asked), verdict: 'unknown', failure: 'the model gave no answer' };
    const { score, mass, ms } = answer;
    return { ...named(picture.name, asked), verdict: options.verdictOf(answer), score, mass, ms };
  });
}

async function answersOf(model: VisionModel, group: PictureQuestions, signal: AbortSignal): Promise<Answer[]> {
  const look = await model.look(await group.picture.read(), { signal });
  try {
    return await model.score(
      look,
      group.questions.map(({ question }) => question),
      { signal },
    );
  } finally {
    await model.release(look);
  }
}

function named(
  picture: string,
  { question, answer, category }: LabelledQuestion,
): Pick<Asked, 'picture' | 'question' | 'answer' | 'category'> {
  return { picture, question, answer, category };
}
