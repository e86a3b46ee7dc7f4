import type { Page } from '../context.ts';
import { mayDo } from '../context.ts';
import type { PastRule } from '../rule-editing.ts';
import { Icon } from './icons.tsx';
import { Layout } from './layout.tsx';
import { ActionForm, Empty, When } from './parts.tsx';
import { Sentence } from './rule-parts.tsx';

export interface RuleVersionsProps {
  readonly page: Page;
  readonly ruleId: string;
  /** Of the file as it is now; empty when it is deleted. */
  readonly version: string;
  readonly versions: readonly PastRule[];
}

/** What a rule said before, newest first, and the way back. */
export function RuleVersionsPage({ page, ruleId, version, versions }: RuleVersionsProps) {
  const { editor } = page.t;
  return (
    <Layout page={page} title={editor.versions} styles={['editor.css']}>
      <a class="back" href="/rules">
        <Icon name="back" />
        {editor.back}
      </a>
      <h1>
        {editor.versions}: <code>{ruleId}</code>
      </h1>
      {version === '' ? <p class="news">{editor.isDeleted}</p> : null}
      {versions.length === 0 ? <Empty title={editor.noVersions} hint={editor.noVersionsHint} /> : null}
      <ol class="versions">
        {versions.map((past) => (
          <li class="panel past-rule">
            <p class="sentence" lang="en">
              {past.words === '' ? ruleId : <Sentence page={page} words={past.words} spans={past.spans} />}
            </p>
            <p class="meta">
              <When page={page} at={past.savedAt} />
              <span>{past.savedBy === null ? editor.byHand : editor.byPerson(past.savedBy)}</span>
              {past.current ? <span class="pill">{editor.currentVersion}</span> : null}
            </p>
            <details>
              <summary>{editor.asFile}</summary>
              <pre>{past.text}</pre>
            </details>
            {mayDo(page.identity, 'operator') && !past.current ? (
              <ActionForm
                page={page}
                action={`/rules/${encodeURIComponent(ruleId)}/restore`}
                fields={{ number: String(past.number), version }}
              >
                <button type="submit" class="button">
                  {editor.restore}
                </button>
              </ActionForm>
            ) : null}
          </li>
        ))}
      </ol>
    </Layout>
  );
}
