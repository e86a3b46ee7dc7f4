import type { Page } from '../context.ts';
import { Icon } from './icons.tsx';
import { Layout } from './layout.tsx';
import { CameraPicture, type CameraTileProps, StateList } from './now.tsx';
import { Age, anchor, Empty, Facts, HealthPill, When } from './parts.tsx';

export function CamerasPage(props: { page: Page; tiles: readonly CameraTileProps[]; canAdd: boolean }) {
  const { page, tiles, canAdd } = props;
  const { t } = page;
  return (
    <Layout page={page} title={t.cameras.title} live="view=cameras">
      <h1>{t.cameras.title}</h1>
      {tiles.length === 0 ? <Empty title={t.now.noCameras} hint={t.now.noCamerasHint} /> : null}
      <ul class="camera-list">
        {tiles.map((tile) => (
          <CameraRow page={page} tile={tile} />
        ))}
      </ul>
      {canAdd ? (
        <p class="links">
          <a class="button" href="/add-camera">
            <Icon name="plus" />
            {t.adding.title}
          </a>
        </p>
      ) : null}
    </Layout>
  );
}

/** A camera's health with its cause and since when. */
export function CameraRow({ page, tile }: { page: Page; tile: CameraTileProps }) {
  const { camera, frame, states } = tile;
  const { t } = page;
  return (
    <li id={anchor('camera-row', camera.id).id} class="camera-row">
      <span class="thumb">
        <CameraPicture page={page} camera={camera} frame={frame} />
      </span>
      <div class="camera-text">
        <a class="card-words" href={`/cameras/${encodeURIComponent(camera.id)}`}>
          {camera.name}
        </a>
        <p class="meta">
          <HealthPill page={page} status={camera.health} />
          <span class="quiet">
            {t.since} <When page={page} at={camera.since} />
          </span>
        </p>
        {camera.cause ? <p class={`cause health-${camera.health}`}>{camera.cause}</p> : null}
        <p class="quiet source">
          <code>{camera.source}</code>
        </p>
        <p class="quiet">
          {t.cameras.picture}: {frame ? <Age page={page} at={frame.capturedAt} /> : t.never} · {t.cameras.rules}:{' '}
          {states.length}
        </p>
      </div>
    </li>
  );
}

export function CameraPage(props: {
  page: Page;
  tile: CameraTileProps;
  hasLive: boolean;
  /** Whether this person may draw zones and masks. */
  mayDraw: boolean;
}) {
  const { page, tile, hasLive, mayDraw } = props;
  const { camera } = tile;
  const { t } = page;
  return (
    <Layout
      page={page}
      title={camera.name}
      live={`view=camera&id=${encodeURIComponent(camera.id)}`}
      scripts={hasLive ? ['mpeg1-video.js', 'live-view.js'] : []}
    >
      <a class="back" href="/cameras">
        <Icon name="back" />
        {t.cameras.back}
      </a>
      <h1>{camera.name}</h1>
      {hasLive ? <LivePicture page={page} tile={tile} /> : null}
      <CameraView page={page} tile={tile} />
      <p class="links">
        <a href={`/events?camera=${encodeURIComponent(camera.id)}`}>{t.cameras.events}</a>
        {mayDraw ? <a href={`/cameras/${encodeURIComponent(camera.id)}/zones`}>{t.zones.link}</a> : null}
      </p>
    </Layout>
  );
}

/** What live-view.js plays onto; without scripts there is nothing to see of it. */
function LivePicture({ page, tile }: { page: Page; tile: CameraTileProps }) {
  const { camera } = tile;
  const { cameras } = page.t;
  return (
    <section
      class="live-picture"
      data-live-view={`/cameras/${encodeURIComponent(camera.id)}/live`}
      data-watch={cameras.watchLive}
      data-stop={cameras.stopLive}
      data-connecting={cameras.liveConnecting}
      data-lost={cameras.liveLost}
    >
      <canvas role="img" aria-label={cameras.livePicture(camera.name)} hidden />
      <p class="quiet" role="status" hidden />
      <button type="button" class="button" aria-pressed="false" hidden>
        {cameras.watchLive}
      </button>
    </section>
  );
}

/** Kept up to date by the live stream. */
export function CameraView({ page, tile }: { page: Page; tile: CameraTileProps }) {
  const { camera, frame, states } = tile;
  const { t } = page;
  return (
    <div id="camera-view" class="camera-view">
      <figure class="evidence">
        <CameraPicture page={page} camera={camera} frame={frame} original />
        <figcaption class="quiet">{frame ? <When page={page} at={frame.capturedAt} /> : t.now.noPicture}</figcaption>
      </figure>
      <section class="panel">
        <Facts
          rows={[
            [t.cameras.state, <HealthPill page={page} status={camera.health} />],
            camera.cause ? [t.system.cause, camera.cause] : null,
            [t.system.since, <When page={page} at={camera.since} />],
            [t.cameras.source, <code>{camera.source}</code>],
            frame ? [t.cameras.size, `${frame.width} × ${frame.height}`] : null,
          ]}
        />
      </section>
      <section class="panel">
        <h2>{t.cameras.rules}</h2>
        <StateList page={page} states={states} />
      </section>
    </div>
  );
}
