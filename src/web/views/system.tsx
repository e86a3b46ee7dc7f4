import type { PartHealth } from '../../platform/health.ts';
import type { ModelIdentity } from '../../vision/model.ts';
import { mayDo, type Page } from '../context.ts';
import type { RunIdentity } from '../deps.ts';
import { Layout } from './layout.tsx';
import { Empty, Facts, HealthPill, When } from './parts.tsx';
import { type AccessProps, PeoplePanel, TokensPanel } from './system-people.tsx';
import { UpkeepPanels, type UpkeepProps } from './system-upkeep.tsx';

/** So many that work are shown at once; more are behind a line. */
const FEW_PARTS = 4;

export interface SystemProps {
  readonly page: Page;
  readonly parts: readonly PartHealth[];
  readonly cameraNames: ReadonlyMap<string, string>;
  readonly model: ModelIdentity | null;
  readonly run: RunIdentity;
  readonly nodeVersion: string;
  readonly liveClients: number;
  /** Absent where the box does not tell. */
  readonly upkeep: Omit<UpkeepProps, 'page'> | undefined;
  /** Absent for whoever may not manage people. */
  readonly access: Omit<AccessProps, 'page'> | undefined;
}

export function SystemPage(props: SystemProps) {
  const { page, model, run } = props;
  const { t } = page;
  return (
    <Layout page={page} title={t.system.title} live="view=system" styles={['system.css']}>
      <h1>{t.system.title}</h1>
      <div class="panels">
        <HealthPanel page={page} parts={props.parts} cameraNames={props.cameraNames} />
        <section class="panel">
          <h2>{t.system.model}</h2>
          {model ? (
            <Facts
              rows={[
                [t.system.name, model.name],
                [t.system.dtype, model.dtype],
                [t.system.device, model.device],
                [t.system.weights, <code title={model.weightsHash}>{model.weightsHash.slice(0, 12)}</code>],
              ]}
            />
          ) : (
            <p>{t.system.noModel}</p>
          )}
        </section>
        <section class="panel">
          <h2>{t.system.run}</h2>
          <Facts
            rows={[
              [t.system.version, run.version],
              [t.system.started, <When page={page} at={run.startedAt} />],
              [t.system.node, props.nodeVersion],
              [t.system.runId, <code>{run.id}</code>],
              [t.system.timeZone, page.site.timeZone],
              [t.system.time, page.times.full(page.now)],
              [t.system.live, String(props.liveClients)],
              [t.system.api, <a href="/api/v1/openapi.json">OpenAPI</a>],
            ]}
          />
        </section>
        {props.upkeep ? <UpkeepPanels page={page} {...props.upkeep} /> : null}
        {props.access ? <PeoplePanel page={page} {...props.access} /> : null}
        {props.access ? <TokensPanel page={page} {...props.access} /> : null}
        {mayDo(page.identity, 'admin') ? <AuditPanel page={page} /> : null}
      </div>
    </Layout>
  );
}

/** Kept up to date by the live stream. */
export function HealthPanel(props: {
  page: Page;
  parts: readonly PartHealth[];
  cameraNames: ReadonlyMap<string, string>;
}) {
  const { page, parts, cameraNames } = props;
  const { t } = page;
  const working = parts.filter(({ status }) => status === 'ok');
  const troubled = [
    ...parts.filter(({ status }) => status === 'down'),
    ...parts.filter(({ status }) => status === 'degraded'),
  ];
  return (
    <section id="health-panel" class="panel panel-wide">
      <h2>{t.system.parts}</h2>
      {parts.length === 0 ? <Empty title={t.system.noParts} /> : null}
      <PartList page={page} parts={troubled} cameraNames={cameraNames} />
      {working.length > 0 ? (
        <details class="working-parts" open={troubled.length === 0 && working.length <= FEW_PARTS}>
          <summary>
            <HealthPill page={page} status="ok" /> {t.upkeep.partsWork(working.length)}
          </summary>
          <PartList page={page} parts={working} cameraNames={cameraNames} />
        </details>
      ) : null}
    </section>
  );
}

function PartList({ page, parts, cameraNames }: Parameters<typeof HealthPanel>[0]) {
  const { t } = page;
  if (parts.length === 0) return null;
  return (
    <ul class="health-list">
      {parts.map((part) => (
        <li>
          <HealthPill page={page} status={part.status} />
          <span class="health-part">{partName(page, part.part, cameraNames)}</span>
          <span class="quiet health-since">
            {t.since} <When page={page} at={part.since} age={false} />
          </span>
          {part.reason ? <span class="health-reason">{part.reason}</span> : null}
        </li>
      ))}
    </ul>
  );
}

/** `camera/aisle-3` as `Camera Aisle 3`. */
function partName({ t }: Page, part: string, cameraNames: ReadonlyMap<string, string>): string {
  const [, kind, camera] = /^(camera|picture)\/(.+)$/.exec(part) ?? [];
  if (camera !== undefined) {
    const name = cameraNames.get(camera) ?? camera;
    return kind === 'picture' ? t.partPicture(name) : t.partCamera(name);
  }
  return Object.entries(t.part).find(([name]) => name === part)?.[1] ?? part;
}

function AuditPanel({ page }: { page: Page }) {
  const { t } = page;
  return (
    <section class="panel panel-wide">
      <h2>{t.audit.title}</h2>
      <p>{t.audit.means}</p>
      <p>
        <a class="button" href="/system/audit">
          {t.audit.open}
        </a>
      </p>
    </section>
  );
}
