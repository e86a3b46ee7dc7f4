import { mayDo, type Page } from '../context.ts';
import type { ReviewedEvent } from '../deps.ts';
import { Icon } from './icons.tsx';
import { ActionForm, anchor, SeverityPill, When } from './parts.tsx';

const HOUR_MS = 3_600_000;

/** Where an event stands on a page: what a review action gives back. */
export type EventPlace = 'card' | 'row' | 'detail';

interface ItemProps {
  readonly page: Page;
  readonly reviewed: ReviewedEvent;
  readonly cameraName: string | undefined;
}

/** An open event on the Now page. */
export function EventCard({ page, reviewed, cameraName }: ItemProps) {
  const { event } = reviewed;
  return (
    <li id={anchor('event', event.id).id} class={`card severity-edge-${event.severity}`}>
      <EventThumb reviewed={reviewed} />
      <div class="card-text">
        <a class="card-words" href={eventPath(event.id)}>
          {event.words}
        </a>
        <p class="meta">
          <SeverityPill page={page} severity={event.severity} />
          <span>{cameraName ?? event.cameraId}</span>
          <When page={page} at={event.startedAt} />
        </p>
        {event.stale ? <p class="stale">{page.t.event.stale}</p> : null}
      </div>
      <ReviewButtons page={page} reviewed={reviewed} place="card" />
    </li>
  );
}

/** An event in the review list. */
export function EventRow({ page, reviewed, cameraName }: ItemProps) {
  const { event } = reviewed;
  return (
    <li
      id={anchor('event', event.id).id}
      class={`row severity-edge-${event.severity}${event.endedAt === null ? ' row-open' : ''}`}
      data-event
    >
      <EventThumb reviewed={reviewed} />
      <div class="row-text">
        <a class="card-words" href={eventPath(event.id)} data-open>
          {event.words}
        </a>
        <p class="meta">
          <SeverityPill page={page} severity={event.severity} />
          <OpenOrOver page={page} reviewed={reviewed} />
          <span>{cameraName ?? event.cameraId}</span>
          <When page={page} at={event.startedAt} />
        </p>
        {reviewed.review.note ? <p class="note-line">{reviewed.review.note}</p> : null}
      </div>
      <ReviewButtons page={page} reviewed={reviewed} place="row" />
    </li>
  );
}

/** The words' link covers the whole item, so the picture needs none of its own. */
function EventThumb({ reviewed }: { reviewed: ReviewedEvent }) {
  return (
    <span class="thumb">
      <img
        src={`${eventPath(reviewed.event.id)}/thumb.jpg?r=${reviewed.event.revision}`}
        alt=""
        width="160"
        height="90"
        loading="lazy"
        decoding="async"
      />
    </span>
  );
}

/** `open for 12 min` or `over after 42 min`. */
export function OpenOrOver({ page, reviewed }: Omit<ItemProps, 'cameraName'>) {
  const { event } = reviewed;
  const { t, times } = page;
  if (event.endedAt === null) {
    return (
      <span class="pill pill-open">
        {t.event.openFor} <span data-since={String(event.startedAt)}>{times.roughly(page.now - event.startedAt)}</span>
      </span>
    );
  }
  return <span class="pill pill-over">{t.event.over(times.roughly(event.endedAt - event.startedAt))}</span>;
}

/** Acknowledge, right, wrong: one tap each; a second tap takes a mark back. Viewers see what others said. */
export function ReviewButtons({ page, reviewed, place }: { page: Page; reviewed: ReviewedEvent; place: EventPlace }) {
  const { t, identity } = page;
  const { event, review } = reviewed;
  if (!mayDo(identity, 'operator')) return <ReviewState page={page} reviewed={reviewed} />;
  const { selector } = anchor(place === 'detail' ? 'review' : 'event', event.id);
  const form = { page, target: selector };
  return (
    <div class={`review review-${place}`}>
      {review.acknowledgedAt === null ? (
        <ActionForm {...form} action={`${eventPath(event.id)}/acknowledge`} fields={{ place }}>
          <button type="submit" class="button" data-key="a">
            <Icon name="check" />
            {t.event.acknowledge}
          </button>
        </ActionForm>
      ) : (
        <p class="done">
          <Icon name="check" />
          {t.event.acknowledged}
          {place === 'detail' && review.acknowledgedBy ? ` ${t.event.by(review.acknowledgedBy)}` : ''}
        </p>
      )}
      <MarkButtons {...form} action={`${eventPath(event.id)}/mark`} fields={{ place }} mark={review.mark} />
      <SilenceButtons page={page} reviewed={reviewed} place={place} />
    </div>
  );
}

/** Right and wrong; pressing the one that holds takes it back. */
export function MarkButtons(props: {
  page: Page;
  target: string;
  action: string;
  fields: Record<string, string>;
  mark: 'right' | 'wrong' | null;
}) {
  const { fields, mark: held, ...form } = props;
  const { t } = props.page;
  return (
    <>
      {(['right', 'wrong'] as const).map((mark) => (
        <ActionForm {...form} fields={{ ...fields, mark: held === mark ? 'none' : mark }}>
          <button
            type="submit"
            class={`button button-mark button-${mark}`}
            aria-pressed={held === mark ? 'true' : 'false'}
            title={mark === 'right' ? t.event.markRight : t.event.markWrong}
            data-key={mark === 'right' ? 'r' : 'w'}
          >
            <Icon name={mark === 'right' ? 'right' : 'thumbDown'} />
            <span>{t.event[mark]}</span>
          </button>
        </ActionForm>
      ))}
    </>
  );
}

/** Offered where an alert is in the way: beside the whole event, and anywhere once it is marked wrong. */
function SilenceButtons({ page, reviewed, place }: { page: Page; reviewed: ReviewedEvent; place: EventPlace }) {
  const { t } = page;
  const { event, review } = reviewed;
  const until = page.silencedUntil(event.ruleId);
  if (until === undefined || (place !== 'detail' && until === null && review.mark !== 'wrong')) return null;
  const { selector } = anchor(place === 'detail' ? 'review' : 'event', event.id);
  const words = (count: number): string =>
    count === 0 ? t.event.endSilence : t.event.silenceFor(page.times.duration(count * HOUR_MS));
  const hours = until !== null ? [0] : place === 'detail' ? [1, 8, 24] : [1];
  return (
    <div class="silence">
      {until === null ? (
        place === 'detail' ? (
          <p class="quiet">{t.event.silenceHint}</p>
        ) : null
      ) : (
        <p class="silenced">
          <Icon name="silence" />
          {t.event.silencedUntil(page.times.short(until))}
        </p>
      )}
      {hours.map((count) => (
        <ActionForm
          page={page}
          target={selector}
          action={`${eventPath(event.id)}/silence`}
          fields={{ place, hours: String(count) }}
        >
          <button type="submit" class="button" aria-label={words(count)}>
            {count === 0 ? null : <Icon name="silence" />}
            <span>{place === 'detail' && count > 0 ? page.times.duration(count * HOUR_MS) : words(count)}</span>
          </button>
        </ActionForm>
      ))}
    </div>
  );
}

function ReviewState({ page, reviewed }: Omit<ItemProps, 'cameraName'>) {
  const { t } = page;
  const { review } = reviewed;
  return (
    <p class="review review-state">
      {review.acknowledgedAt !== null ? (
        <span class="done">
          <Icon name="check" />
          {t.event.acknowledged}
        </span>
      ) : null}
      {review.mark ? (
        <span class="done">
          <Icon name={review.mark === 'right' ? 'right' : 'thumbDown'} />
          {t.event[review.mark]}
        </span>
      ) : null}
    </p>
  );
}

export function eventPath(eventId: string): string {
  return `/events/${encodeURIComponent(eventId)}`;
}

export function snapshotPath(eventId: string): string {
  return `/api/v1/events/${encodeURIComponent(eventId)}/snapshot.jpg`;
}
