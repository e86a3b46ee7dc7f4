import { Fragment } from 'hono/jsx';
import type { AuditEntry } from '../../store/audit.ts';
import { AUDIT_ACTS, type AuditForm, NOBODY } from '../audit-filter.ts';
import type { Page } from '../context.ts';
import { filterQuery } from '../event-filter.ts';
import { Choice } from './events.tsx';
import { Icon } from './icons.tsx';
import { Layout } from './layout.tsx';
import { Empty, When } from './parts.tsx';

export interface AuditProps {
  readonly page: Page;
  readonly form: AuditForm;
  /** Newest first. */
  readonly entries: readonly AuditEntry[];
  /** Cursor of older entries; null at the end. */
  readonly next: string | null;
  /** Everybody who stands in the log. */
  readonly names: readonly string[];
}

export function AuditPage(props: AuditProps) {
  const { page, form, entries } = props;
  const { t } = page;
  const isFiltered = filterQuery(form) !== '';
  return (
    <Layout page={page} title={t.audit.title}>
      <div class="page-head">
        <h1>{t.audit.title}</h1>
      </div>
      <p class="quiet">{t.audit.means}</p>
      <Filters {...props} isFiltered={isFiltered} />
      {entries.length === 0 ? (
        <Empty title={isFiltered ? t.audit.none : t.audit.noneYet} />
      ) : (
        <ol class="rows" id="audit-list">
          <AuditRows {...props} />
        </ol>
      )}
    </Layout>
  );
}

export function AuditRows({ page, form, entries, next }: Omit<AuditProps, 'names'>) {
  const { t } = page;
  const older = next === null ? null : `/system/audit?${filterQuery({ ...form, cursor: next })}`;
  return (
    <Fragment>
      {entries.map((entry) => (
        <li class="panel" data-audit={String(entry.id)}>
          <strong>{whoText(page, entry.who)}</strong> {t.audit.acts[entry.act] ?? entry.act}
          {entry.about ? (
            <>
              {': '}
              <About entry={entry} />
            </>
          ) : null}
          {entry.detail ? <p class="note-line">{entry.detail}</p> : null}
          <p class="quiet">
            <When page={page} at={entry.at} />
          </p>
        </li>
      ))}
      {older ? (
        <li class="older" id="older">
          <a class="button" href={older} hx-get={older} hx-target="#older" hx-swap="outerHTML">
            {t.audit.older}
          </a>
        </li>
      ) : null}
    </Fragment>
  );
}

function About({ entry: { act, about } }: { entry: AuditEntry }) {
  if (act.startsWith('event-')) return <a href={`/events/${encodeURIComponent(about)}`}>{about}</a>;
  return <span>{about}</span>;
}

/** Names that nobody can have stand for what is not a person. */
function whoText({ t }: Page, who: string | null): string {
  if (who === null) return t.audit.nobody;
  return who === 'mqtt' || who === 'cli' || who === 'box' ? t.audit[who] : who;
}

function Filters({ page, form, names, isFiltered }: AuditProps & { isFiltered: boolean }) {
  const { t } = page;
  const people = [...names.map((name) => [name, whoText(page, name)] as const), [NOBODY, t.audit.nobody] as const];
  return (
    <details class="filters" open={isFiltered}>
      <summary>
        <Icon name="filter" />
        {t.events.filters}
      </summary>
      <form method="get" action="/system/audit" class="filter-form">
        <Choice page={page} name="who" label={t.audit.who} value={form.who} options={people} />
        <Choice
          page={page}
          name="act"
          label={t.audit.act}
          value={form.act}
          options={AUDIT_ACTS.map((act) => [act, t.audit.acts[act]] as const)}
        />
        <label class="field">
          <span>{t.audit.text}</span>
          <input type="search" name="text" value={form.text} maxlength={100} />
        </label>
        <label class="field">
          <span>{t.events.from}</span>
          <input type="date" name="from" value={form.from} />
        </label>
        <label class="field">
          <span>{t.events.to}</span>
          <input type="date" name="to" value={form.to} />
        </label>
        <div class="filter-actions">
          <button type="submit" class="button button-primary">
            {t.events.apply}
          </button>
          {isFiltered ? (
            <a class="button" href="/system/audit">
              {t.events.clearFilters}
            </a>
          ) : null}
        </div>
      </form>
    </details>
  );
}
