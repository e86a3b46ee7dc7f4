import type { PartHealth } from '../../platform/health.ts';
import type { ModelIdentity } from '../../vision/model.ts';
import { ROLES } from '../auth.ts';
import { mayDo, type Page } from '../context.ts';
import type { RunIdentity, User } from '../deps.ts';
import { Layout } from './layout.tsx';
import { ActionForm, Empty, Facts, HealthPill, When } from './parts.tsx';

export interface SystemProps {
  readonly page: Page;
  readonly parts: readonly PartHealth[];
  readonly cameraNames: ReadonlyMap<string, string>;
  readonly model: ModelIdentity | null;
  readonly run: RunIdentity;
  readonly nodeVersion: string;
  readonly liveClients: number;
  /** Empty for whoever may not manage people. */
  readonly users: readonly User[];
  readonly problem?: string;
}

export function SystemPage(props: SystemProps) {
  const { page, model, run } = props;
  const { t } = page;
  return (
    <Layout page={page} title={t.system.title} live="view=system">
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
        {mayDo(page.identity, 'admin') ? <PeoplePanel {...props} /> : null}
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
  const worst = { down: 0, degraded: 1, ok: 2 };
  return (
    <section id="health-panel" class="panel panel-wide">
      <h2>{t.system.parts}</h2>
      {parts.length === 0 ? <Empty title={t.system.noParts} /> : null}
      <ul class="health-list">
        {[...parts]
          .sort((a, b) => worst[a.status] - worst[b.status])
          .map((part) => (
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
    </section>
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

function PeoplePanel({ page, users, problem }: SystemProps) {
  const { t } = page;
  return (
    <section class="panel panel-wide" id="people">
      <h2>{t.system.people}</h2>
      {problem ? (
        <p class="problem" role="alert">
          {problem}
        </p>
      ) : null}
      <ul class="people">
        {users.map((user) => (
          <li>
            <span class="person">
              <strong>{user.name}</strong>
              {user.name === page.identity?.name ? <span class="quiet"> ({t.people.you})</span> : null}
              <span class="quiet">
                {' '}
                {t.role[user.role]}: {t.roleMeans[user.role]}
              </span>
            </span>
            {user.name === page.identity?.name ? null : (
              <ActionForm page={page} action={`/system/people/${encodeURIComponent(user.name)}/remove`}>
                <button type="submit" class="button" data-confirm={`${t.people.remove}: ${user.name}?`}>
                  {t.people.remove}
                </button>
              </ActionForm>
            )}
          </li>
        ))}
      </ul>
      <h3>{t.people.add}</h3>
      <ActionForm page={page} action="/system/people" class="form form-inline">
        <label class="field">
          <span>{t.people.name}</span>
          <input name="name" required maxlength={32} autocomplete="off" autocapitalize="none" spellcheck={false} />
        </label>
        <label class="field">
          <span>{t.people.role}</span>
          <select name="role">
            {ROLES.map((role) => (
              <option value={role}>
                {t.role[role]}: {t.roleMeans[role]}
              </option>
            ))}
          </select>
        </label>
        <label class="field">
          <span>{t.people.password}</span>
          <input type="password" name="password" required minlength={10} maxlength={256} autocomplete="new-password" />
        </label>
        <button type="submit" class="button">
          {t.people.addButton}
        </button>
      </ActionForm>
      <p class="quiet">{t.people.passwordHint}</p>
    </section>
  );
}
