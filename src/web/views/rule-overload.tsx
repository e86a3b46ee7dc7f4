import type { Page } from '../context.ts';
import { Icon } from './icons.tsx';
import { Layout } from './layout.tsx';

export interface RuleOverloadProps {
  readonly page: Page;
  /** What was refused, and why. */
  readonly problem: string;
  /** Where the refused form went, and what it held; a name may come several times. */
  readonly action: string;
  readonly fields: ReadonlyArray<readonly [name: string, value: string]>;
}

/** Asks whether a rule is to be saved although the box would fall behind with it. */
export function RuleOverloadPage({ page, problem, action, fields }: RuleOverloadProps) {
  const { editor } = page.t;
  return (
    <Layout page={page} title={editor.overload} styles={['editor.css']}>
      <a class="back" href="/rules">
        <Icon name="back" />
        {editor.back}
      </a>
      <h1>{editor.overload}</h1>
      <p class="problem" role="alert">
        {problem}
      </p>
      <p>{editor.overloadHint}</p>
      <form method="post" action={action} class="action">
        <input type="hidden" name="_csrf" value={page.csrf} />
        {fields.map(([name, value]) => (
          <input type="hidden" name={name} value={value} />
        ))}
        <input type="hidden" name="force" value="yes" />
        <div class="editor-actions">
          <button type="submit" class="button button-danger">
            {editor.overloadAnyway}
          </button>
          <a class="button" href="/rules">
            {editor.cancel}
          </a>
        </div>
      </form>
    </Layout>
  );
}
