import type { CompiledRule } from '../../rules/rule.ts';
import type { Page } from '../context.ts';
import type { CameraStatus, LatestFrame, ReviewedEvent, RuleStatus } from '../deps.ts';
import { EventCard } from './event-items.tsx';
import { Icon } from './icons.tsx';
import { Layout } from './layout.tsx';
import { Age, anchor, Empty, HealthPill, lookOf, ScoreBar, stateWords, When } from './parts.tsx';

/** One camera with what its rules say now. */
export interface CameraTileProps {
  readonly camera: CameraStatus;
  readonly frame: LatestFrame | undefined;
  readonly states: ReadonlyArray<{ readonly status: RuleStatus; readonly rule: CompiledRule | undefined }>;
}

export interface NowProps {
  readonly page: Page;
  readonly tiles: readonly CameraTileProps[];
  readonly open: readonly ReviewedEvent[];
  readonly cameraNames: ReadonlyMap<string, string>;
}

export function NowPage(props: NowProps) {
  const { page, tiles } = props;
  const { t } = page;
  return (
    <Layout page={page} title={t.now.title} live="view=now">
      <h1 class="visually-hidden">{t.now.title}</h1>
      {page.isSettingUp ? (
        <p class="news">
          {t.start.resume} <a href="/start">{t.start.goOn}</a>
        </p>
      ) : null}
      <OpenEvents {...props} />
      <section aria-labelledby="wall-title">
        <h2 id="wall-title" class="section-title">
          {t.now.cameras}
        </h2>
        {tiles.length === 0 ? <Empty title={t.now.noCameras} hint={t.now.noCamerasHint} /> : null}
        <div class="wall">
          {tiles.map((tile) => (
            <CameraTile page={page} tile={tile} />
          ))}
        </div>
      </section>
    </Layout>
  );
}

/** The open events, worst and newest first; one calm line when there are none. */
export function OpenEvents({ page, open, cameraNames }: Pick<NowProps, 'page' | 'open' | 'cameraNames'>) {
  const { t } = page;
  const more = page.openEvents - open.length;
  return (
    <section id="open-events" class={open.length > 0 ? 'open-events' : 'open-events calm'} aria-labelledby="open-title">
      {open.length > 0 ? (
        <h2 id="open-title" class="section-title">
          {t.now.open} <span class="count">{page.openEvents}</span>
        </h2>
      ) : (
        <p id="open-title" class="all-clear">
          <Icon name="clear" />
          {t.now.allClear}
        </p>
      )}
      <ul class="cards">
        {open.map((reviewed) => (
          <EventCard page={page} reviewed={reviewed} cameraName={cameraNames.get(reviewed.event.cameraId)} />
        ))}
      </ul>
      {more > 0 ? (
        <a class="more" href="/events?state=open">
          {t.now.moreOpen(more)}
        </a>
      ) : null}
    </section>
  );
}

export function CameraTile({ page, tile }: { page: Page; tile: CameraTileProps }) {
  const { camera, frame, states } = tile;
  const { t } = page;
  const { id } = anchor('camera', camera.id);
  const firing = states.some(({ status }) => status.phase === 'firing');
  return (
    <article id={id} class={`tile${firing ? ' tile-firing' : ''}${camera.health === 'down' ? ' tile-down' : ''}`}>
      <a class="tile-picture" href={`/cameras/${encodeURIComponent(camera.id)}`}>
        <CameraPicture page={page} camera={camera} frame={frame} />
        <span class="tile-caption">
          <strong class="tile-name">{camera.name}</strong>
          <span class="tile-age">{frame ? <Age page={page} at={frame.capturedAt} /> : t.now.noPicture}</span>
        </span>
      </a>
      {camera.health === 'ok' ? null : (
        <p class={`tile-trouble health-${camera.health}`}>
          <HealthPill page={page} status={camera.health} />
          <span>
            {camera.cause}{' '}
            <span class="quiet">
              ({t.since} <When page={page} at={camera.since} age={false} />)
            </span>
          </span>
        </p>
      )}
      <StateList page={page} states={states} />
    </article>
  );
}

/** In the size of a tile, or as it came where the page is about this one camera. */
export function CameraPicture(props: {
  page: Page;
  camera: CameraStatus;
  frame: LatestFrame | undefined;
  original?: boolean;
}) {
  const { page, camera, frame, original = false } = props;
  if (!frame) {
    return (
      <span class="picture no-picture">
        <Icon name="noPicture" />
      </span>
    );
  }
  // The number in the address makes each picture its own resource: a browser shows the new one and may keep the old.
  const path = `/cameras/${encodeURIComponent(camera.id)}`;
  const address = `${original ? `/api/v1${path}/snapshot.jpg` : `${path}/tile.jpg`}?at=${frame.capturedAt}-${frame.seq}`;
  return (
    <img
      class={`picture${camera.health === 'down' ? ' picture-old' : ''}`}
      src={address}
      alt={page.t.now.pictureOf(camera.name)}
      width={String(frame.width)}
      height={String(frame.height)}
      loading="lazy"
      decoding="async"
    />
  );
}

export function StateList({ page, states }: { page: Page; states: CameraTileProps['states'] }) {
  const { t } = page;
  if (states.length === 0) return <p class="quiet tile-empty">{t.now.noRules}</p>;
  return (
    <ul class="states">
      {states.map(({ status, rule }) => {
        const look = lookOf(status);
        return (
          <li class={`state state-${look}`}>
            <Icon name={look} />
            <span class="state-text">
              <a class="state-rule" href={`/rules#${anchor('rule', status.ruleId).id}`}>
                {rule?.words ?? status.ruleId}
              </a>
              <span class="state-words">
                <strong>{stateWords(page, status, rule)}</strong>
                {status.evaluatedAt === null ? null : (
                  <span class="quiet">
                    {t.now.judged} <Age page={page} at={status.evaluatedAt} />
                  </span>
                )}
              </span>
            </span>
            <ScoreBar page={page} score={status.score} rule={rule} look={look} />
          </li>
        );
      })}
    </ul>
  );
}
