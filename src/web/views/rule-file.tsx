import type { Finding } from '../../platform/findings.ts';
import type { RuleText } from '../../rules/rule-files.ts';
import type { Page } from '../context.ts';
import { Icon } from './icons.tsx';
import { Layout } from './layout.tsx';
import { DeleteRule } from './rule-editor.tsx';

export interface RuleFileProps {
  readonly page: Page;
  readonly file: RuleText;
  /** What stands in the box: the file, or what was not saved. */
  readonly text: string;
  readonly findings: readonly Finding[];
  readonly problem?: string;
  /** The file is another one by now. */
  readonly isConflict?: boolean;
}

/** A rule's whole file: every key that a sentence cannot say, and the way out of a file that is broken. */
export function RuleFilePage({ page, file, text, findings, problem, isConflict }: RuleFileProps) {
  const { t } = page;
  const { editor } = t;
  return (
    <Layout page={page} title={editor.fileTitle} styles={['editor.css']}>
      <a class="back" href="/rules">
        <Icon name="back" />
        {editor.back}
      </a>
      <h1>
        {editor.fileTitle}: <code>{file.file.split('/').at(-1)}</code>
      </h1>
      {problem ? (
        <p class="problem" role="alert">
          {problem}
        </p>
      ) : null}
      {isConflict ? (
        <div class="news past-rule" role="alert">
          <p>{editor.conflict}</p>
          <pre>{file.text}</pre>
          <p>{editor.conflictHint}</p>
        </div>
      ) : null}
      <FileFindings page={page} findings={findings} />
      <form class="file-form" method="post" action={`/rules/${encodeURIComponent(file.id)}/file`}>
        <input type="hidden" name="_csrf" value={page.csrf} />
        <input type="hidden" name="version" value={file.version} />
        <label class="field">
          <span>{editor.fileHint}</span>
          <textarea name="text" rows={14} spellcheck={false} autocapitalize="off" autocomplete="off">
            {`\n${text}`}
          </textarea>
        </label>
        <div class="editor-actions">
          <button type="submit" class="button button-primary">
            {editor.save}
          </button>
          <a class="button" href="/rules">
            {editor.cancel}
          </a>
        </div>
      </form>
      <DeleteRule page={page} rule={file} />
    </Layout>
  );
}

function FileFindings({ page, findings }: Pick<RuleFileProps, 'page' | 'findings'>) {
  const { t } = page;
  if (findings.length === 0) return null;
  return (
    <ul class="findings-inline panel">
      {findings.map(({ severity, line, message, hint }) => (
        <li class={`finding finding-${severity}`}>
          <Icon name={severity === 'error' ? 'down' : 'warning'} />
          <span>
            <strong>{t.rules.line(line)}:</strong> {message}
            {hint ? <span class="quiet about">{hint}</span> : null}
          </span>
        </li>
      ))}
    </ul>
  );
}
