import { Fragment } from 'hono/jsx';
import type { CompiledRule } from '../../rules/rule.ts';
import type { Page } from '../context.ts';
import type { CameraStatus, EventPage } from '../deps.ts';
import { type FilterForm, filterQuery } from '../event-filter.ts';
import { EventRow } from './event-items.tsx';
import { Icon } from './icons.tsx';
import { Layout } from './layout.tsx';
import { Empty } from './parts.tsx';

export interface EventsProps {
  readonly page: Page;
  readonly form: FilterForm;
  readonly found: EventPage;
  readonly cameras: readonly CameraStatus[];
  readonly rules: readonly CompiledRule[];
}

export function EventsPage(props: EventsProps) {
  const { page, form } = props;
  const { t } = page;
  const query = filterQuery(form);
  return (
    <Layout
      page={page}
      title={t.events.title}
      live={`view=events&query=${encodeURIComponent(query)}`}
      scripts={['review.js']}
    >
      <div class="page-head">
        <h1>{t.events.title}</h1>
        <nav class="chips" aria-label={t.events.filters}>
          <Chip href="/events" current={query === ''} word={t.events.all} />
          <Chip href="/events?state=open" current={query === 'state=open'} word={t.events.open} />
          <Chip href="/events?mark=none" current={query === 'mark=none'} word={t.events.toReview} />
          {[t.events.today, t.events.yesterday].map((word, daysAgo) => {
            const day = page.times.day(daysAgo);
            const current = form.from === day && form.to === day;
            // The other parts of the filter stay: yesterday's events of this rule. A second tap takes the day away.
            const days = current ? { from: '', to: '' } : { from: day, to: day };
            return (
              <Chip href={`/events?${filterQuery({ ...form, ...days, cursor: '' })}`} current={current} word={word} />
            );
          })}
        </nav>
        <a class="to-reports" href="/reports">
          {t.reports.title}
        </a>
      </div>
      <ActiveFilters {...props} />
      <Filters {...props} />
      <EventsNews page={page} query={query} />
      <EventList {...props} />
      <footer class="list-foot">
        <p class="keys">{t.events.keys}</p>
        <p>
          {t.events.export}: <a href={`/events/export.csv${query ? `?${query}` : ''}`}>CSV</a>{' '}
          <a href={`/events/export.json${query ? `?${query}` : ''}`}>JSON</a>
        </p>
      </footer>
    </Layout>
  );
}

function Chip({ href, current, word }: { href: string; current: boolean; word: string }) {
  return (
    <a class="chip" href={href} aria-current={current ? 'true' : undefined}>
      {word}
    </a>
  );
}

/** Shown by review.js when the live stream tells of an event that is not in the list. */
function EventsNews({ page, query }: { page: Page; query: string }) {
  const { t } = page;
  return (
    <p id="events-news" class="news" hidden role="status">
      {t.events.changed} <a href={`/events?${query}`}>{t.events.show}</a>
    </p>
  );
}

/** The rows and the way to older ones; also what `older` loads. */
export function EventList({ page, form, found, cameras }: Omit<EventsProps, 'rules'>) {
  const { t } = page;
  const names = new Map(cameras.map((camera) => [camera.id, camera.name]));
  if (found.events.length === 0) {
    return filterQuery(form) ? <Empty title={t.events.none} /> : <Empty title={t.events.noneYet} />;
  }
  return (
    <ol class="rows" id="event-list">
      <EventRows page={page} form={form} found={found} names={names} />
    </ol>
  );
}

export function EventRows(props: {
  page: Page;
  form: FilterForm;
  found: EventPage;
  names: ReadonlyMap<string, string>;
}) {
  const { page, form, found, names } = props;
  const older = found.next === null ? null : `/events?${filterQuery({ ...form, cursor: found.next })}`;
  return (
    <Fragment>
      {found.events.map((reviewed) => (
        <EventRow page={page} reviewed={reviewed} cameraName={names.get(reviewed.event.cameraId)} />
      ))}
      {older ? (
        <li class="older" id="older">
          <a class="button" href={older} hx-get={older} hx-target="#older" hx-swap="outerHTML">
            {page.t.events.older}
          </a>
        </li>
      ) : null}
    </Fragment>
  );
}

/** What the list is narrowed to, beside the chips above; a tap takes a part away. */
function ActiveFilters({ page, form, cameras, rules }: EventsProps) {
  const { t, times } = page;
  const isChip = [0, 1].some((daysAgo) => form.from === form.to && form.from === times.day(daysAgo));
  const nameOf = (named: ReadonlyArray<{ id: string; name: string }>, id: string): string =>
    named.find((each) => each.id === id)?.name ?? id;
  const parts: ReadonlyArray<readonly [part: keyof FilterForm, label: string, value: string]> = [
    ['camera', t.events.camera, nameOf(cameras, form.camera)],
    [
      'rule',
      t.events.rule,
      nameOf(
        rules.map(({ id, words }) => ({ id, name: words })),
        form.rule,
      ),
    ],
    ['severity', t.events.severity, form.severity && t.severity[form.severity]],
    ['from', t.events.from, isChip ? '' : form.from],
    ['to', t.events.to, isChip ? '' : form.to],
    ['text', t.events.text, form.text],
  ];
  const active = parts.filter(([part, , value]) => form[part] !== '' && value !== '');
  if (active.length === 0) return null;
  return (
    <ul class="chips active-filters">
      {active.map(([part, label, value]) => (
        <li>
          <a
            class="chip"
            href={`/events?${filterQuery({ ...form, [part]: '', cursor: '' })}`}
            title={t.events.without(label)}
          >
            <span class="active-filter">
              {label}: {value}
            </span>
            <Icon name="wrong" />
          </a>
        </li>
      ))}
    </ul>
  );
}

function Filters({ page, form, cameras, rules }: EventsProps) {
  const { t } = page;
  const used = Object.entries(form).some(([name, value]) => name !== 'cursor' && value !== '');
  const severities = (['info', 'warning', 'critical'] as const).map(
    (severity) => [severity, t.severity[severity]] as const,
  );
  return (
    <details class="filters">
      <summary>
        <Icon name="filter" />
        {t.events.filters}
      </summary>
      <form method="get" action="/events" class="filter-form">
        <Choice
          page={page}
          name="camera"
          label={t.events.camera}
          value={form.camera}
          options={cameras.map(({ id, name }) => [id, name])}
        />
        <Choice
          page={page}
          name="rule"
          label={t.events.rule}
          value={form.rule}
          options={rules.map(({ id, words }) => [id, words])}
        />
        <Choice page={page} name="severity" label={t.events.severity} value={form.severity} options={severities} />
        <Choice
          page={page}
          name="state"
          label={t.events.state}
          value={form.state}
          options={[
            ['open', t.events.open],
            ['ended', t.events.ended],
          ]}
        />
        <Choice
          page={page}
          name="mark"
          label={t.events.review}
          value={form.mark}
          options={[
            ['none', t.events.unreviewed],
            ['right', t.events.right],
            ['wrong', t.events.wrong],
          ]}
        />
        <label class="field">
          <span>{t.events.from}</span>
          <input type="date" name="from" value={form.from} />
        </label>
        <label class="field">
          <span>{t.events.to}</span>
          <input type="date" name="to" value={form.to} />
        </label>
        <label class="field">
          <span>{t.events.text}</span>
          <input type="search" name="text" value={form.text} maxlength={100} />
        </label>
        <div class="filter-actions">
          <button type="submit" class="button button-primary">
            {t.events.apply}
          </button>
          {used ? (
            <a class="button" href="/events">
              {t.events.clearFilters}
            </a>
          ) : null}
        </div>
      </form>
    </details>
  );
}

/** One part of a filter: any, or one of these. */
export function Choice(props: {
  page: Page;
  name: string;
  label: string;
  value: string;
  options: ReadonlyArray<readonly [value: string, word: string]>;
}) {
  const { page, name, label, value, options } = props;
  return (
    <label class="field">
      <span>{label}</span>
      <select name={name}>
        <option value="">{page.t.events.any}</option>
        {options.map(([option, word]) => (
          <option value={option} selected={option === value}>
            {word}
          </option>
        ))}
      </select>
    </label>
  );
}
