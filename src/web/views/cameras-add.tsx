import type { FoundDevice } from '../../cameras/onvif-streams.ts';
import type { AddedCamera } from '../camera-adding.ts';
import type { Page } from '../context.ts';
import { Icon } from './icons.tsx';
import { Layout } from './layout.tsx';
import { ActionForm, Empty, Facts } from './parts.tsx';

/** What was typed, to be shown again; never the password. */
export interface AddingForm {
  readonly address: string;
  readonly id: string;
  readonly name: string;
  readonly user: string;
  readonly clips: boolean;
}

export const EMPTY_FORM: AddingForm = { address: '', id: '', name: '', user: '', clips: false };

export interface AddCameraPageProps {
  readonly page: Page;
  readonly form: AddingForm;
  /** Undefined before the network was searched. */
  readonly devices?: readonly FoundDevice[] | undefined;
  readonly problem?: string | undefined;
}

export function AddCameraPage({ page, form, devices, problem }: AddCameraPageProps) {
  const { adding, cameras } = page.t;
  return (
    <Layout page={page} title={adding.title}>
      <a class="back" href="/cameras">
        <Icon name="back" />
        {cameras.back}
      </a>
      <h1>{adding.title}</h1>
      {problem === undefined ? null : (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      <section class="panel">
        <ActionForm page={page} action="/add-camera/search" class="form">
          <p class="quiet">{adding.searchHint}</p>
          <button type="submit" class="button">
            {devices === undefined ? adding.search : adding.searchAgain}
          </button>
        </ActionForm>
        {devices === undefined ? null : <Found page={page} devices={devices} />}
      </section>
      <section class="panel" id="camera">
        <AddingFields page={page} form={form} />
      </section>
    </Layout>
  );
}

function Found({ page, devices }: { page: Page; devices: readonly FoundDevice[] }) {
  const { adding } = page.t;
  if (devices.length === 0) return <Empty title={adding.noneFound} hint={adding.noneFoundHint} />;
  return (
    <>
      <h2>{adding.found}</h2>
      <ul class="found-cameras">
        {devices.map(({ name, hardware, address }) => (
          <li>
            <ActionForm page={page} action="/add-camera/choose" fields={{ address, name: name.slice(0, 80) }}>
              <span>
                {name || adding.nameless}
                {hardware ? ` · ${hardware}` : ''} <code>{address}</code>
              </span>{' '}
              <button type="submit" class="button">
                {adding.choose}
                <span class="visually-hidden"> {name || address}</span>
              </button>
            </ActionForm>
          </li>
        ))}
      </ul>
    </>
  );
}

function AddingFields({ page, form }: { page: Page; form: AddingForm }) {
  const { adding } = page.t;
  const plain = { autocapitalize: 'none', spellcheck: false, autocomplete: 'off' } as const;
  return (
    <ActionForm page={page} action="/add-camera" class="form">
      <label class="field">
        <span>{adding.address}</span>
        <input name="address" value={form.address} required maxlength={500} {...plain} />
      </label>
      <p class="quiet">{adding.addressHint}</p>
      <label class="field">
        <span>{adding.id}</span>
        <input name="id" value={form.id} required maxlength={63} pattern="[a-z0-9][a-z0-9\-]*" {...plain} />
      </label>
      <p class="quiet">{adding.idHint}</p>
      <label class="field">
        <span>
          {adding.name} ({adding.optional})
        </span>
        <input name="name" value={form.name} maxlength={80} autocomplete="off" />
      </label>
      <label class="field">
        <span>
          {adding.user} ({adding.optional})
        </span>
        <input name="user" value={form.user} maxlength={128} {...plain} />
      </label>
      <label class="field">
        <span>
          {adding.password} ({adding.optional})
        </span>
        <input name="password" type="password" maxlength={256} autocomplete="new-password" />
      </label>
      <label class="choice">
        <input type="checkbox" name="clips" value="on" checked={form.clips} />
        <span>{adding.clips}</span>
      </label>
      <button type="submit" class="button button-primary">
        {adding.add}
      </button>
      <p class="quiet">{adding.addHint}</p>
    </ActionForm>
  );
}

export function AddedCameraPage({
  page,
  id,
  name,
  added,
}: {
  page: Page;
  id: string;
  name: string;
  added: AddedCamera;
}) {
  const { adding, cameras } = page.t;
  const { probe, source, mainSource } = added;
  return (
    <Layout page={page} title={adding.title}>
      <a class="back" href="/cameras">
        <Icon name="back" />
        {cameras.back}
      </a>
      <h1>{adding.title}</h1>
      <p class="success" role="status">
        {adding.added(name)}
      </p>
      <section class="panel">
        <Facts
          rows={[
            [adding.stream, <code>{source}</code>],
            mainSource === undefined ? null : [adding.clipStream, <code>{mainSource}</code>],
            [adding.seen, seenWords(page, added)],
            probe.cpuShare === undefined ? null : [adding.cost, adding.costOf((probe.cpuShare * 100).toFixed(1))],
            ...probe.notes.map((note): [string, string] => [adding.note, note]),
          ]}
        />
      </section>
      <p class="links">
        <a href={`/cameras/${encodeURIComponent(id)}`}>{adding.toCamera}</a> <a href="/add-camera">{adding.another}</a>
      </p>
    </Layout>
  );
}

function seenWords({ t: { adding } }: Page, { probe }: AddedCamera): string {
  const seconds = (ms: number): string => `${Math.round(ms / 100) / 10}\u00a0s`;
  const { codec, width, height, fps, keyframeMs, firstPictureMs } = probe;
  const facts = [
    codec,
    width && height ? `${width} × ${height}` : undefined,
    fps ? adding.frames(String(Math.round(fps * 10) / 10)) : undefined,
    keyframeMs ? adding.keyframe(seconds(keyframeMs)) : undefined,
    adding.firstPicture(seconds(firstPictureMs)),
  ];
  return facts.filter((fact) => fact !== undefined).join(', ');
}
