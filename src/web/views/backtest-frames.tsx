import { framePath } from '../api/backtest-shapes.ts';
import type { BacktestFrame, BacktestView } from '../backtests.ts';
import { mayDo, type Page } from '../context.ts';
import type { CameraStatus } from '../deps.ts';
import { percent } from '../percent.ts';
import { MarkButtons } from './event-items.tsx';
import { Icon, type IconName } from './icons.tsx';
import { anchor } from './parts.tsx';

/** The pictures to mark, one tap each. */
export function BacktestFrames(props: {
  page: Page;
  run: BacktestView;
  result: { readonly frames: readonly BacktestFrame[] };
  cameras: readonly CameraStatus[];
}) {
  const { page, run, cameras } = props;
  const { frames } = props.result;
  const { backtest } = page.t;
  const cameraName = cameras.find(({ id }) => id === run.cameraId)?.name ?? run.cameraId;
  return (
    <section class="panel" aria-labelledby="frames-title">
      <h2 id="frames-title">{backtest.frames}</h2>
      <p class="frame-question">
        <q lang="en">{run.rule.question}</q>{' '}
        <span class="quiet">{backtest.alertsOn(page.t.rules[run.rule.expects])}</span>
      </p>
      <p class="quiet">{frames.length === 0 ? backtest.noFrames : backtest.framesHint}</p>
      {frames.length === 0 ? null : <p class="quiet keys">{backtest.keys}</p>}
      <ol class="frames">
        {frames.map((frame) => (
          <FrameItem page={page} runId={run.id} cameraName={cameraName} frame={frame} />
        ))}
      </ol>
    </section>
  );
}

/** Sent anew when it is marked. */
export function FrameItem(props: { page: Page; runId: string; cameraName: string; frame: BacktestFrame }) {
  const { page, runId, cameraName, frame } = props;
  const { backtest } = page.t;
  const { at, role, value, score, mark } = frame;
  const { id, selector } = anchor('frame', String(at));
  const looks: Record<typeof value, IconName> = { yes: 'firing', no: 'clear', unknown: 'unknown' };
  return (
    <li id={id} class={`frame frame-${value}`} data-event>
      <a class="frame-picture" href={framePath(runId, at)} data-open>
        <img
          src={`/backtests/${encodeURIComponent(runId)}/frames/${at}/thumb.jpg`}
          alt={`${backtest.frameOf(cameraName, page.times.short(at))}: ${backtest.says[value]}, ${percent(score)}`}
          width="320"
          height="180"
          loading="lazy"
          decoding="async"
        />
      </a>
      <div class="frame-text">
        <p class="frame-says">
          <Icon name={looks[value]} />
          <strong>{backtest.says[value]}</strong> <span>{percent(score)}</span>
        </p>
        <p class="quiet">
          {backtest.role[role]} · <time datetime={new Date(at).toISOString()}>{page.times.short(at)}</time>
        </p>
        {mayDo(page.identity, 'operator') ? (
          <div class="review frame-review">
            <MarkButtons
              page={page}
              target={selector}
              action={`/backtests/${encodeURIComponent(runId)}/mark`}
              fields={{ at: String(at) }}
              mark={mark}
            />
          </div>
        ) : mark ? (
          <p class="done">
            <Icon name={mark === 'right' ? 'right' : 'thumbDown'} />
            {page.t.event[mark]}
          </p>
        ) : null}
      </div>
    </li>
  );
}
