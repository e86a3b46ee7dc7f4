import type { CapacityPlan } from '../../rules/capacity.ts';
import type { RuleDraft } from '../../rules/draft.ts';
import type { Page } from '../context.ts';
import type { CameraStatus, LatestFrame } from '../deps.ts';
import type { DraftReading, EditableRule } from '../rule-editing.ts';
import { Icon } from './icons.tsx';
import { Layout } from './layout.tsx';
import { ActionForm, Age, Facts } from './parts.tsx';
import { Issues, RuleFacts, Sentence } from './rule-parts.tsx';
import { Trial, type TrialProps } from './rule-trial.tsx';

export interface PicturedCamera {
  readonly camera: CameraStatus;
  readonly frame: LatestFrame | undefined;
}

/** What the box understands; undefined while nothing is written. */
export type Understood = DraftReading | undefined;

export interface RuleEditorProps {
  readonly page: Page;
  readonly draft: RuleDraft;
  readonly understood: Understood;
  readonly cameras: readonly PicturedCamera[];
  /** The rule that is changed; undefined for a new one. */
  readonly rule?: EditableRule;
  /** Why it was not saved. */
  readonly problem?: string;
  /** What the file says now, when somebody else changed it meanwhile. */
  readonly conflict?: EditableRule;
  /** What came of trying it, where there are no scripts. */
  readonly trial?: TrialProps;
}

const ENCODED = 'application/x-www-form-urlencoded';
/** More than these would be no choice but a wall. */
const MOST_TILES = 12;

export function RuleEditorPage(props: RuleEditorProps) {
  const { page, draft, rule, problem, conflict, trial } = props;
  const { editor } = page.t;
  const title = rule ? editor.editTitle : editor.newTitle;
  return (
    <Layout page={page} title={title} scripts={['editor.js']} styles={['editor.css']}>
      <a class="back" href="/rules">
        <Icon name="back" />
        {editor.back}
      </a>
      <h1>{title}</h1>
      {problem ? (
        <p class="problem" role="alert">
          {problem}
        </p>
      ) : null}
      {conflict ? (
        <div class="news" role="alert">
          <p>{editor.conflict}</p>
          <p class="sentence">
            <q>{conflict.words}</q>
          </p>
          <p>{editor.conflictHint}</p>
        </div>
      ) : null}
      <form
        id="rule-form"
        class="editor"
        method="post"
        action={rule ? `/rules/${encodeURIComponent(rule.id)}/save` : '/rules'}
        enctype="multipart/form-data"
      >
        <input type="hidden" name="_csrf" value={page.csrf} />
        {rule ? <input type="hidden" name="rule" value={rule.id} /> : null}
        {rule ? <input type="hidden" name="version" value={(conflict ?? rule).version} /> : null}
        <div class="editor-sentence panel">
          <label for="words">{editor.sentence}</label>
          <textarea
            id="words"
            name="words"
            rows={3}
            maxlength={500}
            required
            lang="en"
            spellcheck
            autofocus={!rule}
            placeholder={editor.placeholder}
            aria-describedby="words-hint"
          >
            {draft.words}
          </textarea>
          <p id="words-hint" class="quiet">
            {editor.sentenceHint}
          </p>
        </div>
        <div
          class="editor-understood"
          hx-post="/rules/understand"
          hx-trigger="input changed delay:250ms from:#words, change from:#cameras"
          hx-target="#understood"
          hx-swap="outerMorph"
          hx-sync="this:replace"
          hx-encoding={ENCODED}
        >
          <UnderstoodPanel {...props} />
        </div>
        <CameraChoice {...props} />
        <section class="editor-try panel" aria-labelledby="try-title">
          <h2 id="try-title">{editor.tryIt}</h2>
          <p class="quiet">{editor.tryHint}</p>
          <TryCameras {...props} />
          <OwnPicture page={page} />
          <button type="submit" class="button" formaction="/rules/backtest" formenctype={ENCODED}>
            {page.t.backtest.fromEditor}
          </button>
          <div id="trial" aria-live="polite" data-waiting={editor.trying}>
            {trial ? <Trial {...trial} /> : null}
          </div>
        </section>
        <div class="editor-actions editor-save">
          <button type="submit" class="button button-primary" formenctype={ENCODED}>
            {editor.save}
          </button>
          <a class="button" href="/rules">
            {editor.cancel}
          </a>
        </div>
      </form>
      {rule ? (
        <p>
          <a href={`/rules/${encodeURIComponent(rule.id)}/file`}>{editor.wholeFile}</a>
        </p>
      ) : null}
      {rule ? <DeleteRule page={page} rule={rule} /> : null}
    </Layout>
  );
}

/** Sent anew while a person types. */
export function UnderstoodPanel({ page, understood, cameras, rule }: RuleEditorProps) {
  const { editor } = page.t;
  if (!understood) {
    return (
      <section id="understood" class="panel" aria-live="polite">
        <h2>{editor.understood}</h2>
        <p>{editor.typeFirst}</p>
        <p class="quiet">{editor.forExample}</p>
        <ul class="examples">
          {[editor.exampleOne, editor.exampleTwo, editor.exampleThree].map((words) => (
            <li>
              <q lang="en">{words}</q>
            </li>
          ))}
        </ul>
      </section>
    );
  }
  const { words, errors, warnings, takes } = understood;
  const ids = new Set(understood.understood.cameras);
  const chosen = cameras.filter(({ camera }) => ids.has(camera.id)).map(({ camera }) => camera);
  return (
    <section id="understood" class="panel" aria-live="polite">
      <h2>{editor.understood}</h2>
      <p class="sentence" lang="en">
        <Sentence page={page} words={words} spans={understood.understood.spans} />
      </p>
      <Issues page={page} words={words} errors={errors} warnings={warnings} />
      <p class={errors.length > 0 ? 'fitness fitness-not' : 'fitness'}>
        <Icon name={errors.length > 0 ? 'down' : 'clear'} />
        {errors.length > 0 ? editor.notReady : editor.ready}
      </p>
      <RuleFacts page={page} rule={understood.rule ?? understood.understood} cameras={chosen} />
      {takes ? <Takes page={page} takes={takes} /> : null}
      {rule && rule.otherKeys.length > 0 ? (
        <p class="quiet">
          {editor.otherKeys}:{' '}
          {rule.otherKeys.map(({ key, value }) => (
            <code>
              {key}: {value}{' '}
            </code>
          ))}
        </p>
      ) : null}
    </section>
  );
}

/** What the rule costs the box, before it is saved. */
function Takes({ page, takes }: { page: Page; takes: CapacityPlan }) {
  const { t, times } = page;
  const { share, total, delayMs } = takes;
  const percent = (part: number): string => `${part > 0 && part < 0.01 ? '< 1' : Math.round(part * 100)}\u00a0%`;
  return (
    <>
      <Facts
        rows={[
          [t.editor.takes, t.editor.takesOf(percent(share), percent(total))],
          [t.editor.atWorst, times.duration(Math.max(1_000, delayMs))],
        ]}
      />
      {total > 1 ? (
        <p class="stale">
          <Icon name="warning" /> {t.editor.tooMuch(percent(total))}
        </p>
      ) : null}
    </>
  );
}

function CameraChoice({ page, draft, cameras }: RuleEditorProps) {
  const { editor } = page.t;
  const ids = new Set(cameras.map(({ camera }) => camera.id));
  const patterns = draft.cameras.filter((pattern) => !ids.has(pattern));
  const box = (value: string, name: string, about?: string) => (
    <label class="choice">
      <input type="checkbox" name="cameras" value={value} checked={draft.cameras.includes(value)} />
      <span>
        {name} {about ? <span class="quiet">{about}</span> : null}
      </span>
    </label>
  );
  return (
    <fieldset id="cameras" class="editor-cameras panel">
      <legend>
        <h2>{editor.cameras}</h2>
      </legend>
      <p class="quiet">{editor.camerasHint}</p>
      <div class="camera-choices">
        {patterns.map((pattern) => box(pattern, pattern, editor.pattern))}
        {cameras.map(({ camera }) => box(camera.id, camera.name))}
      </div>
    </fieldset>
  );
}

/** The newest pictures of the cameras that the rule would watch: a tap tries the rule on one. Sent anew with the understood. */
export function TryCameras({ page, understood, cameras }: RuleEditorProps) {
  const { editor } = page.t;
  const ids = new Set(understood?.understood.cameras);
  const pictured = cameras.flatMap(({ camera, frame }) => (frame && ids.has(camera.id) ? [{ camera, frame }] : []));
  const hidden = understood === undefined || understood.errors.length > 0;
  return (
    <div id="try-cameras" class="try-cameras" hidden={hidden}>
      {pictured.length === 0 ? <p class="quiet">{editor.tryNoCamera}</p> : null}
      {pictured.slice(0, MOST_TILES).map(({ camera, frame }) => (
        <button
          type="submit"
          class="try-tile"
          name="camera"
          value={camera.id}
          formaction="/rules/try"
          formenctype={ENCODED}
          hx-post="/rules/try"
          hx-target="#trial"
          hx-indicator="#trial"
          hx-sync="#trial:replace"
          hx-encoding={ENCODED}
        >
          <img
            class="picture"
            src={`/cameras/${encodeURIComponent(camera.id)}/tile.jpg?at=${frame.capturedAt}-${frame.seq}`}
            alt={editor.tryCamera(camera.name)}
            width={frame.width}
            height={frame.height}
          />
          <span class="try-name">{camera.name}</span>
          <span class="try-age">
            <Age page={page} at={frame.capturedAt} />
          </span>
        </button>
      ))}
    </div>
  );
}

function OwnPicture({ page }: { page: Page }) {
  const { editor } = page.t;
  return (
    <div class="own-picture" id="own-picture">
      <label class="field">
        <span>{editor.tryOwn}</span>
        <input type="file" name="picture" id="picture" accept="image/*" aria-describedby="own-hint" />
      </label>
      <button
        type="submit"
        class="button"
        formaction="/rules/try"
        hx-post="/rules/try"
        hx-target="#trial"
        hx-indicator="#trial"
        hx-sync="#trial:replace"
      >
        {editor.tryButton}
      </button>
      <p id="own-hint" class="quiet">
        {editor.tryOwnHint}
      </p>
    </div>
  );
}

export function DeleteRule({ page, rule }: { page: Page; rule: Pick<EditableRule, 'id' | 'version'> }) {
  const { editor } = page.t;
  return (
    <details class="panel delete">
      <summary>{editor.delete}</summary>
      <p>{editor.deleteQuestion}</p>
      <ActionForm
        page={page}
        action={`/rules/${encodeURIComponent(rule.id)}/delete`}
        fields={{ version: rule.version }}
      >
        <button type="submit" class="button button-danger">
          {editor.deleteNow}
        </button>
      </ActionForm>
    </details>
  );
}
