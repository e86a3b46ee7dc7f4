import type { Child } from 'hono/jsx';
import type { Page } from '../context.ts';
import type { ReviewedEvent } from '../deps.ts';
import { FIRST_STEPS, type FirstRunState, type FirstStep } from '../first-run.ts';
import { EventCard } from './event-items.tsx';
import { Icon } from './icons.tsx';
import { Layout } from './layout.tsx';
import { ActionForm } from './parts.tsx';

/** The days that hours are asked of, as the configuration calls them. */
export const HOURS_OF = ['mon-fri', 'sat', 'sun'] as const;

const USUAL_HOURS: Record<(typeof HOURS_OF)[number], readonly [from: string, to: string]> = {
  'mon-fri': ['08:00', '20:00'],
  sat: ['08:00', '20:00'],
  sun: ['', ''],
};

/** What was typed, to be shown again when it was not right. Never a password. */
export type StartForm = Readonly<Record<string, string>>;

export interface StartProps {
  readonly page: Page;
  readonly state: FirstRunState;
  /** The step that is open. */
  readonly step: FirstStep;
  readonly form: StartForm;
  readonly problem?: string;
  readonly firstAlert: ReviewedEvent | undefined;
  readonly cameraNames: ReadonlyMap<string, string>;
  readonly runId: string;
  readonly restarting: boolean;
}

const BODIES: Record<FirstStep, (props: StartProps) => Child> = {
  password: PasswordStep,
  site: SiteStep,
  camera: CameraStep,
  rule: RuleStep,
  alert: AlertStep,
};

export function StartPage(props: StartProps) {
  const { page, state, step, problem, restarting } = props;
  const { start } = page.t;
  return (
    <Layout page={page} title={start.title} styles={['start.css']} scripts={['start.js']}>
      <div class="page-head">
        <h1>{start.title}</h1>
        <ActionForm page={page} action="/start/finish">
          <button type="submit" class="button">
            {start.skip}
          </button>
        </ActionForm>
      </div>
      <p class="quiet">{start.hello}</p>
      {restarting ? (
        <section class="panel restarting" data-restarting={props.runId} role="status">
          <h2>{start.restarting}</h2>
          <p>{start.restartingHint}</p>
        </section>
      ) : (
        <ol class="first-steps">
          {FIRST_STEPS.map((each, i) => (
            <li
              class={`panel first-step${each === step ? ' first-step-open' : ''}`}
              aria-current={each === step ? 'step' : undefined}
            >
              <h2>
                <span class="first-step-mark">
                  {state.done[each] ? <Icon name="check" /> : <span aria-hidden="true">{i + 1}</span>}
                </span>
                <span class="visually-hidden">{start.step(i + 1, FIRST_STEPS.length)}:</span> {start[each]}
                {state.done[each] ? <span class="quiet"> · {start.done}</span> : null}
              </h2>
              {each === step && problem !== undefined ? (
                <p class="problem" role="alert">
                  {problem}
                </p>
              ) : null}
              {each === step ? BODIES[each](props) : null}
              {each !== step && state.done[each] && each !== 'password' && each !== 'alert' ? (
                <a
                  class="first-step-change"
                  href={`/start?step=${each}`}
                  aria-label={`${start.change}: ${start[each]}`}
                >
                  {start.change}
                </a>
              ) : null}
            </li>
          ))}
        </ol>
      )}
    </Layout>
  );
}

function PasswordStep({ page }: StartProps) {
  const { start, people } = page.t;
  return (
    <>
      <p class="quiet">{start.passwordHint}</p>
      <ActionForm page={page} action="/start/password" class="form">
        <input type="hidden" name="username" value={page.identity?.name ?? ''} autocomplete="username" />
        <label class="field">
          <span>{start.passwordNew}</span>
          <input type="password" name="next" autocomplete="new-password" required minlength={10} maxlength={256} />
        </label>
        <p class="quiet">{people.passwordHint}</p>
        <button type="submit" class="button button-primary">
          {start.passwordSave}
        </button>
      </ActionForm>
    </>
  );
}

function SiteStep({ page, form }: StartProps) {
  const { start } = page.t;
  const zones = Intl.supportedValuesOf('timeZone');
  const chosen = form.timeZone ?? page.site.timeZone;
  return (
    <>
      <p class="quiet">{start.siteHint}</p>
      <ActionForm page={page} action="/start/site" class="form">
        <label class="field">
          <span>{start.siteName}</span>
          <input name="name" value={form.name ?? ''} required maxlength={80} autocomplete="organization" />
        </label>
        <label class="field">
          <span>{start.timeZone}</span>
          <select name="timeZone" data-time-zone={form.timeZone === undefined ? '' : undefined}>
            {[...new Set([chosen, 'UTC', ...zones])].map((zone) => (
              <option value={zone} selected={zone === chosen}>
                {zone}
              </option>
            ))}
          </select>
        </label>
        <fieldset class="hours">
          <legend>{start.hours}</legend>
          {HOURS_OF.map((day) => (
            <div class="hours-day">
              <span>{start.days[day]}</span>
              <input
                type="time"
                name={`from.${day}`}
                value={form[`from.${day}`] ?? USUAL_HOURS[day][0]}
                aria-label={start.opens(start.days[day])}
              />
              <input
                type="time"
                name={`to.${day}`}
                value={form[`to.${day}`] ?? USUAL_HOURS[day][1]}
                aria-label={start.closes(start.days[day])}
              />
            </div>
          ))}
          <p class="quiet">{start.hoursHint}</p>
        </fieldset>
        <button type="submit" class="button button-primary">
          {start.siteSave}
        </button>
      </ActionForm>
    </>
  );
}

function CameraStep({ page, state, form }: StartProps) {
  const { start } = page.t;
  return (
    <div class="first-choices">
      {state.isDemo ? (
        <section>
          <h3>{start.cameraDemo}</h3>
          <p class="quiet">{start.cameraDemoHint}</p>
          <ActionForm page={page} action="/start/demo">
            <button type="submit" class="button button-primary">
              {start.keepDemo}
            </button>
          </ActionForm>
        </section>
      ) : null}
      <section>
        <h3>{start.cameraOwn}</h3>
        <p class="quiet">
          {start.cameraHint} {state.isDemo ? start.cameraOwnDemo : ''}
        </p>
        {state.knowsDemoOnly ? <p class="stale">{start.demoModelOnly}</p> : null}
        <ActionForm page={page} action="/start/camera" class="form">
          <label class="field">
            <span>{start.cameraName}</span>
            <input name="name" value={form.name ?? ''} required maxlength={80} autocomplete="off" />
          </label>
          <label class="field">
            <span>{start.cameraSource}</span>
            <input
              name="source"
              value={form.source ?? ''}
              placeholder="rtsp://192.168.1.20/stream1"
              required
              maxlength={500}
              inputmode="url"
              autocomplete="off"
              autocapitalize="none"
              spellcheck={false}
            />
          </label>
          <label class="field">
            <span>{start.cameraUser}</span>
            <input name="user" value={form.user ?? ''} maxlength={100} autocomplete="off" autocapitalize="none" />
          </label>
          <label class="field">
            <span>{start.cameraPassword}</span>
            <input type="password" name="password" maxlength={200} autocomplete="off" />
          </label>
          <button type="submit" class="button">
            {start.cameraSave}
          </button>
        </ActionForm>
      </section>
    </div>
  );
}

function RuleStep({ page, state, form }: StartProps) {
  const { start } = page.t;
  const examples = state.isDemo
    ? [start.exampleRobot, start.exampleExit, start.exampleShelf]
    : [start.examplePerson, start.exampleBox];
  return (
    <>
      <p class="quiet">{start.ruleHint}</p>
      <ActionForm page={page} action="/start/rule" class="form">
        <label class="field">
          <span>{start.ruleWords}</span>
          <textarea name="words" rows={3} required maxlength={500} lang="en" placeholder={examples[0]}>
            {form.words ?? ''}
          </textarea>
        </label>
        <p class="quiet">{start.tryThese}:</p>
        <ul class="chips first-examples">
          {examples.map((words) => (
            <li>
              <button type="button" class="chip" data-example={words} lang="en" hidden>
                {words}
              </button>
              <noscript>
                <span lang="en">{words}</span>
              </noscript>
            </li>
          ))}
        </ul>
        <button type="submit" class="button button-primary">
          {start.ruleSave}
        </button>
      </ActionForm>
    </>
  );
}

function AlertStep({ page, state, firstAlert, cameraNames }: StartProps) {
  const { start } = page.t;
  return (
    <>
      <FirstAlert page={page} state={state} found={firstAlert} cameraNames={cameraNames} />
      <ActionForm page={page} action="/start/finish">
        <button type="submit" class="button button-primary">
          {start.finish}
        </button>
      </ActionForm>
    </>
  );
}

/** Asks for itself until there is one. */
export function FirstAlert(props: {
  page: Page;
  state: FirstRunState;
  found: ReviewedEvent | undefined;
  cameraNames: ReadonlyMap<string, string>;
}) {
  const { page, state, found, cameraNames } = props;
  const { start } = page.t;
  if (!found) {
    const again = { 'hx-get': '/start/alert', 'hx-trigger': 'every 2s', 'hx-swap': 'outerHTML' };
    return (
      <div id="first-alert" role="status" {...again}>
        <p class="waiting-alert">
          <Icon name="pending" />
          {start.alertWaiting}
        </p>
        <p class="quiet">{state.isDemo ? start.alertDemo : start.alertOwn}</p>
      </div>
    );
  }
  return (
    <div id="first-alert" role="status">
      <p class="success">{start.alertHere}</p>
      <ul class="cards">
        <EventCard page={page} reviewed={found} cameraName={cameraNames.get(found.event.cameraId)} />
      </ul>
      <p class="quiet">{start.alertTold(state.eventsTopic)}</p>
    </div>
  );
}
