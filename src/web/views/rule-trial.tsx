import type { CompiledRule } from '../../rules/rule.ts';
import type { Page } from '../context.ts';
import type { Trial as TrialAnswer } from '../rule-editing.ts';
import { Icon, type IconName } from './icons.tsx';
import { ScoreBar, type StateLook } from './parts.tsx';

/** What came of trying a rule on a picture: the answer, or why there is none. */
export type TrialProps =
  | {
      readonly page: Page;
      readonly rule: CompiledRule;
      readonly answer: TrialAnswer;
      /** Of the picture that was tried. */
      readonly pictureUrl: string;
      readonly pictureName: string;
    }
  | { readonly page: Page; readonly problem: string };

const LOOKS: Record<TrialAnswer['value'], StateLook> = { yes: 'firing', no: 'clear', unknown: 'unknown' };

export function Trial(props: TrialProps) {
  const { page } = props;
  const { t } = page;
  if ('problem' in props) {
    return (
      <p class="problem" role="alert">
        {t.editor.notTried}: {props.problem}
      </p>
    );
  }
  const { rule, answer, pictureUrl, pictureName } = props;
  const look = LOOKS[answer.value];
  return (
    <figure class={`trial trial-${look}`} data-verdict={answer.value}>
      <img class="picture" src={pictureUrl} alt={pictureName} />
      <figcaption>
        <p class="trial-verdict">
          <Icon name={look satisfies IconName} />
          <strong>{verdictWords(props)}</strong>
        </p>
        {answer.cause ? <p>{t.cause[answer.cause]}</p> : null}
        <p class="trial-score">
          <span>{t.score}</span> <ScoreBar page={page} score={answer.score} rule={rule} look={look} />
        </p>
        <p class="quiet">
          <q>{rule.question}</q> · {t.editor.scoreHint(Math.round(rule.raise * 100), Math.round(rule.clear * 100))}
        </p>
        <p class="quiet">
          {pictureName} · {t.editor.took(Math.round(answer.ms))}
        </p>
      </figcaption>
    </figure>
  );
}

function verdictWords({ page, rule, answer }: Extract<TrialProps, { rule: CompiledRule }>): string {
  const { editor } = page.t;
  if (answer.value === 'unknown') return editor.verdictUnknown;
  if (answer.value === 'no') return editor.verdictNo;
  return rule.forMs > 0 ? editor.verdictYesFor(page.times.duration(rule.forMs)) : editor.verdictYes;
}
