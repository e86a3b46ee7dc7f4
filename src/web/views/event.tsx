import type { CompiledRule } from '../../rules/rule.ts';
import { mayDo, type Page } from '../context.ts';
import type { KeptClip, ReviewedEvent } from '../deps.ts';
import { eventPath, OpenOrOver, ReviewButtons, snapshotPath } from './event-items.tsx';
import { Icon } from './icons.tsx';
import { Layout } from './layout.tsx';
import { ActionForm, anchor, Facts, SeverityPill, When } from './parts.tsx';

export interface EventProps {
  readonly page: Page;
  readonly reviewed: ReviewedEvent;
  readonly cameraName: string;
  readonly rule: CompiledRule | undefined;
  readonly hasPicture: boolean;
  readonly clip: KeptClip | undefined;
}

export function EventDetailPage(props: EventProps) {
  const { page, reviewed } = props;
  const { event } = reviewed;
  const { t } = page;
  const path = eventPath(event.id);
  return (
    <Layout
      page={page}
      title={event.words}
      live={`view=event&id=${encodeURIComponent(event.id)}`}
      scripts={['uplot.js', 'timeline.js', 'review.js']}
      styles={['uplot.css']}
    >
      <a class="back" href="/events">
        <Icon name="back" />
        {t.event.back}
      </a>
      <article class="detail">
        <header class="detail-head">
          <h1>{event.words}</h1>
          <EventStatus {...props} />
        </header>
        <figure class="evidence">
          {props.hasPicture ? (
            <img src={snapshotPath(event.id)} alt={t.event.picture} class="picture" />
          ) : (
            <span class="picture no-picture">
              <Icon name="noPicture" />
              {t.event.noPicture}
            </span>
          )}
          <figcaption class="quiet">
            {t.event.picture} · {props.cameraName} · {page.times.short(event.startedAt)}
          </figcaption>
          {props.clip ? (
            <video
              src={`/api/v1${path}/clip.mp4`}
              aria-label={t.event.clip}
              controls
              muted
              playsinline
              preload="metadata"
            />
          ) : null}
        </figure>
        <ReviewPanel page={page} reviewed={reviewed} />
        <section class="panel timeline-panel">
          <h2>{t.event.timeline}</h2>
          <p class="quiet">{t.event.timelineHint}</p>
          <TimelineLegend page={page} rule={props.rule} />
          <div
            class="timeline"
            data-timeline={`/api/v1${path}/scores`}
            data-zone={page.site.timeZone}
            data-words-none={t.event.noScores}
            data-words-unknown={t.phase.unknown}
            data-words-causes={JSON.stringify(t.cause)}
          />
          <p class="readout" />
        </section>
        <section class="panel">
          <h2>{t.event.facts}</h2>
          <EventFacts {...props} />
          <p class="links">
            <a href={`/events?rule=${encodeURIComponent(event.ruleId)}`}>{t.event.similar}</a>
            {props.hasPicture ? <a href={`/ask?event=${encodeURIComponent(event.id)}`}>{t.ask.askAbout}</a> : null}
            <a href={`/api/v1${path}`}>JSON</a>
          </p>
        </section>
      </article>
    </Layout>
  );
}

/** What the lines of a timeline mean. */
export function TimelineLegend({ page, rule }: { page: Page; rule: CompiledRule | undefined }) {
  const { t } = page;
  const percent = (value: number): string => `${Math.round(value * 100)}\u00a0%`;
  return (
    <ul class="legend">
      <li class="legend-score">
        <svg viewBox="0 0 26 12" aria-hidden="true">
          <path d="M0 9l8-5 8 3 10-5" />
        </svg>
        {t.score}
      </li>
      {rule ? (
        <li class="legend-raise">
          <svg viewBox="0 0 26 12" aria-hidden="true">
            <path d="M0 6h26" stroke-dasharray="8 4" />
          </svg>
          {t.event.raise} {percent(rule.raise)}
        </li>
      ) : null}
      {rule ? (
        <li class="legend-clear">
          <svg viewBox="0 0 26 12" aria-hidden="true">
            <path d="M0 6h26" stroke-dasharray="2 4" />
          </svg>
          {t.event.clear} {percent(rule.clear)}
        </li>
      ) : null}
      <li class="legend-unknown">
        <svg viewBox="0 0 26 12" aria-hidden="true">
          <circle cx="13" cy="6" r="4" />
        </svg>
        {t.phase.unknown}
      </li>
      <li class="legend-open">
        <svg viewBox="0 0 26 12" aria-hidden="true">
          <rect x="1" y="1" width="24" height="10" />
        </svg>
        {t.event.whileOpen}
      </li>
    </ul>
  );
}

/** Kept up to date by the live stream. */
export function EventStatus({ page, reviewed, cameraName }: Pick<EventProps, 'page' | 'reviewed' | 'cameraName'>) {
  const { event } = reviewed;
  return (
    <div id="event-status">
      <p class="meta">
        <SeverityPill page={page} severity={event.severity} />
        <OpenOrOver page={page} reviewed={reviewed} />
        <a href={`/cameras/${encodeURIComponent(event.cameraId)}`}>{cameraName}</a>
        <When page={page} at={event.startedAt} />
      </p>
      {event.stale ? <p class="stale">{page.t.event.stale}</p> : null}
    </div>
  );
}

export function ReviewPanel({ page, reviewed }: { page: Page; reviewed: ReviewedEvent }) {
  const { t } = page;
  const { event, review } = reviewed;
  const { id, selector } = anchor('review', event.id);
  const mayReview = mayDo(page.identity, 'operator');
  return (
    <section id={id} class="panel review-panel" data-event data-focused>
      <h2>{t.event.wasItRight}</h2>
      <ReviewButtons page={page} reviewed={reviewed} place="detail" />
      {review.mark && review.markedBy ? (
        <p class="quiet">
          {t.event[review.mark]} {t.event.by(review.markedBy)}
        </p>
      ) : null}
      {mayReview ? (
        <ActionForm
          page={page}
          action={`${eventPath(event.id)}/note`}
          target={selector}
          fields={{ place: 'detail' }}
          class="note-form"
        >
          <label class="field">
            <span>{t.event.note}</span>
            <textarea name="note" rows={3} maxlength={2000} placeholder={t.event.notePlaceholder}>
              {review.note}
            </textarea>
          </label>
          <button type="submit" class="button">
            {t.event.saveNote}
          </button>
        </ActionForm>
      ) : review.note ? (
        <p class="note-line">{review.note}</p>
      ) : null}
    </section>
  );
}

function EventFacts({ page, reviewed, cameraName, rule }: EventProps) {
  const { t, times } = page;
  const { event } = reviewed;
  return (
    <Facts
      rows={[
        [t.event.started, <When page={page} at={event.startedAt} />],
        [t.event.ended, event.endedAt === null ? t.event.stillOpen : <When page={page} at={event.endedAt} />],
        event.endedAt === null ? null : [t.event.lasted, times.duration(event.endedAt - event.startedAt)],
        [t.event.camera, cameraName],
        [t.event.question, <q>{event.question}</q>],
        [t.event.bestScore, `${Math.round(event.score * 100)}\u00a0%`],
        rule
          ? [
              t.rules.thresholds,
              `${t.rules.raiseAt(Math.round(rule.raise * 100))}, ${t.rules.clearAt(Math.round(rule.clear * 100))}`,
            ]
          : null,
        [t.event.model, event.model],
        [t.event.weights, <code title={event.weightsHash}>{event.weightsHash.slice(0, 12)}</code>],
        [t.event.id, <code>{event.id}</code>],
      ]}
    />
  );
}
