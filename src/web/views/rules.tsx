import { basename, extname } from 'node:path';
import type { Finding } from '../../platform/findings.ts';
import type { CompiledRule } from '../../rules/rule.ts';
import { mayDo, type Page } from '../context.ts';
import type { CameraStatus } from '../deps.ts';
import type { SavedMark } from '../saved-mark.ts';
import { Icon } from './icons.tsx';
import { Layout } from './layout.tsx';
import { ActionForm, anchor, Empty, SeverityPill } from './parts.tsx';
import { Issues, RuleFacts, Sentence } from './rule-parts.tsx';

export interface RulesProps {
  readonly page: Page;
  readonly rules: ReadonlyArray<{ readonly rule: CompiledRule; readonly cameras: readonly CameraStatus[] }>;
  readonly findings: readonly Finding[];
  /** What this person just saved, to be shown until and when it is in force. */
  readonly saved?: SavedMark;
}

export function RulesPage(props: RulesProps & { deleted?: string }) {
  const { page, saved, deleted } = props;
  const { t } = page;
  const following = saved ? `&id=${encodeURIComponent(saved.id)}&query=${saved.mark}` : '';
  return (
    <Layout page={page} title={t.rules.title} live={`view=rules${following}`}>
      <div class="page-head">
        <h1>{t.rules.title}</h1>
        {mayDo(page.identity, 'operator') ? (
          <a class="button button-primary" href="/rules/new">
            <Icon name="plus" />
            {t.editor.newRule}
          </a>
        ) : null}
      </div>
      {deleted ? (
        <p class="success" role="status">
          {t.editor.deleted} <a href={`/rules/${encodeURIComponent(deleted)}/versions`}>{t.editor.takeBack}</a>
        </p>
      ) : null}
      <RulesBoard {...props} />
    </Layout>
  );
}

/** Kept up to date by the live stream. */
export function RulesBoard({ page, rules, findings, saved }: RulesProps) {
  const { t } = page;
  return (
    <div id="rules-board" class="rules-board">
      {saved ? <SavedNotice page={page} saved={saved} /> : null}
      {findings.length > 0 ? <Findings page={page} findings={findings} /> : null}
      {rules.length === 0 ? <Empty title={t.rules.none} hint={t.rules.noneHint} /> : null}
      <div class="rule-list">
        {rules.map(({ rule, cameras }) => (
          <RuleCard page={page} rule={rule} cameras={cameras} />
        ))}
      </div>
    </div>
  );
}

function SavedNotice({ page, saved }: { page: Page; saved: SavedMark }) {
  const { editor } = page.t;
  const { id, state, rule } = saved;
  const words = {
    'in-force': editor.inForce,
    off: editor.isOff,
    waiting: editor.takingOver,
    broken: editor.notInForce,
  }[state];
  const look = state === 'broken' ? 'problem' : state === 'waiting' ? 'news' : 'success';
  return (
    <p class={look} role="status" data-saved={state}>
      {words}{' '}
      {rule && (state === 'in-force' || state === 'off') ? (
        <a href={anchor('rule', id).selector}>{rule.words}</a>
      ) : null}
    </p>
  );
}

function Findings({ page, findings }: { page: Page; findings: readonly Finding[] }) {
  const { t } = page;
  const mayEdit = mayDo(page.identity, 'operator');
  return (
    <section class="panel findings">
      <h2>{t.rules.findings}</h2>
      <ul>
        {findings.map((finding) => (
          <li class={`finding finding-${finding.severity}`}>
            <Icon name={finding.severity === 'error' ? 'down' : 'warning'} />
            <span>
              <strong>{t.rules[finding.severity]}:</strong> {finding.message}
              {finding.hint ? <span class="quiet"> {finding.hint}.</span> : null}{' '}
              <code class="quiet">
                {finding.file}, {t.rules.line(finding.line)}
              </code>{' '}
              {mayEdit ? <a href={editPath(basename(finding.file, extname(finding.file)))}>{t.editor.mend}</a> : null}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function RuleCard({ page, rule, cameras }: { page: Page; rule: CompiledRule; cameras: readonly CameraStatus[] }) {
  const { t } = page;
  return (
    <article id={anchor('rule', rule.id).id} class={`panel rule${rule.enabled ? '' : ' rule-off'}`}>
      <h2 class="sentence">
        <Sentence page={page} words={rule.words} spans={rule.spans} />
      </h2>
      <p class="meta">
        <SeverityPill page={page} severity={rule.severity} />
        {rule.enabled ? null : <span class="pill">{t.rules.disabled}</span>}
        <SilencedPill page={page} ruleId={rule.id} />
        <code class="quiet" title={rule.file}>
          {rule.file.split('/').at(-1)}
        </code>
      </p>
      <Issues page={page} words={rule.words} warnings={rule.warnings} />
      <RuleFacts page={page} rule={rule} cameras={cameras} />
      <div class="rule-actions">
        <span class="rule-links">
          <a href={`/events?rule=${encodeURIComponent(rule.id)}`}>{t.events.title}</a>
          <a href={`/rules/${encodeURIComponent(rule.id)}/backtest`}>{t.backtest.link}</a>
          <a href={`/rules/${encodeURIComponent(rule.id)}/coverage`}>{t.backtest.coverageLink}</a>
          <a href={`/rules/${encodeURIComponent(rule.id)}/versions`}>{t.editor.versions}</a>
        </span>
        {mayDo(page.identity, 'operator') ? (
          <>
            <a class="button" href={editPath(rule.id)}>
              {t.editor.edit}
            </a>
            <ActionForm
              page={page}
              action={`/rules/${encodeURIComponent(rule.id)}/enabled`}
              fields={{ enabled: rule.enabled ? 'no' : 'yes' }}
            >
              <button type="submit" class="button">
                {rule.enabled ? t.editor.switchOff : t.editor.switchOn}
              </button>
            </ActionForm>
          </>
        ) : null}
      </div>
    </article>
  );
}

function SilencedPill({ page, ruleId }: { page: Page; ruleId: string }) {
  const until = page.silencedUntil(ruleId);
  if (until === null || until === undefined) return null;
  return (
    <span class="pill">
      <Icon name="silence" />
      {page.t.event.silencedUntil(page.times.short(until))}
    </span>
  );
}

function editPath(ruleId: string): string {
  return `/rules/${encodeURIComponent(ruleId)}/edit`;
}
