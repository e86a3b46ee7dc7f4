import type { Page } from '../context.ts';
import type { LatestFrame, ReviewedEvent } from '../deps.ts';
import { snapshotPath } from './event-items.tsx';
import { Layout } from './layout.tsx';
import { Age, ScoreBar } from './parts.tsx';

/** What was answered so far; all of it where there are no scripts. */
export interface AnswerProps {
  readonly question: string;
  readonly pictureUrl: string;
  readonly pictureName: string;
  readonly words: string;
  /** P(yes); absent for questions that no yes or no answers. */
  readonly score?: number;
  readonly problem?: string;
}

export interface AskProps {
  readonly page: Page;
  readonly cameras: ReadonlyArray<{ readonly id: string; readonly name: string; readonly frame: LatestFrame }>;
  /** The camera that is asked about at first. */
  readonly chosen: string;
  readonly question: string;
  /** The event whose frame is asked about, instead of a camera. */
  readonly event?: { readonly reviewed: ReviewedEvent; readonly cameraName: string };
  readonly answer?: AnswerProps;
}

export function AskPage(props: AskProps) {
  const { page, cameras, event, answer, question } = props;
  const { ask } = page.t;
  const isPictured = event !== undefined || cameras.length > 0;
  return (
    <Layout page={page} title={ask.title} scripts={['ask.js']} styles={['editor.css', 'ask.css']}>
      <h1>{ask.title}</h1>
      <p class="quiet">{ask.hint}</p>
      <div class="asking">
        <form
          id="ask-form"
          class="panel ask-form"
          method="post"
          action="/ask"
          data-lost={ask.lost}
          data-failed={ask.failed}
          data-empty={ask.noAnswer}
        >
          <input type="hidden" name="_csrf" value={page.csrf} />
          {event ? <EventPicture page={page} event={event} /> : <CameraPictures {...props} />}
          <label class="field">
            <span>{ask.question}</span>
            <input
              type="text"
              name="question"
              id="question"
              maxlength={300}
              required
              lang="en"
              autocomplete="off"
              placeholder={ask.placeholder}
              value={question}
            />
          </label>
          <div class="ask-actions">
            <button type="submit" class="button button-primary" disabled={!isPictured}>
              {ask.ask}
            </button>
            {[ask.suggestOne, ask.suggestTwo, ask.suggestThree].map((words) => (
              <button
                type="submit"
                class="chip"
                name="suggested"
                value={words}
                lang="en"
                formnovalidate
                disabled={!isPictured}
              >
                {words}
              </button>
            ))}
          </div>
        </form>
        <section aria-label={ask.answers}>
          <ol id="answers" class="answers" aria-live="polite" data-empty={ask.noneYet}>
            {answer ? <Answer page={page} answer={answer} /> : null}
          </ol>
        </section>
      </div>
      <template id="answer-template">
        <Answer page={page} answer={{ question: '', pictureUrl: '', pictureName: '', words: '', score: 0 }} />
      </template>
    </Layout>
  );
}

function EventPicture({ page, event }: { page: Page; event: NonNullable<AskProps['event']> }) {
  const { ask } = page.t;
  const { id, words } = event.reviewed.event;
  return (
    <figure class="asked-event">
      <input type="hidden" name="event" value={id} />
      <img class="picture" src={snapshotPath(id)} alt={words} />
      <figcaption class="quiet">
        {ask.ofEvent(event.cameraName)} · <a href="/ask">{ask.otherPicture}</a>
      </figcaption>
    </figure>
  );
}

function CameraPictures({ page, cameras, chosen }: AskProps) {
  const { ask } = page.t;
  return (
    <fieldset class="asked-cameras">
      <legend>{ask.picture}</legend>
      {cameras.length === 0 ? <p class="quiet">{ask.noPictures}</p> : null}
      {cameras.map(({ id, name, frame }) => (
        <label class="try-tile">
          <input type="radio" name="camera" value={id} checked={id === chosen} required class="visually-hidden" />
          <img
            class="picture"
            src={`/cameras/${encodeURIComponent(id)}/tile.jpg?at=${frame.capturedAt}-${frame.seq}`}
            alt=""
            width={frame.width}
            height={frame.height}
          />
          <span class="try-name">{name}</span>
          <span class="try-age">
            <Age page={page} at={frame.capturedAt} />
          </span>
        </label>
      ))}
    </fieldset>
  );
}

/** Also the template that ask.js fills while the words come. */
function Answer({ page, answer }: { page: Page; answer: AnswerProps }) {
  const { ask } = page.t;
  const { question, pictureUrl, pictureName, words, score, problem } = answer;
  return (
    <li class="panel answer">
      {pictureUrl ? <img class="picture" src={pictureUrl} alt={pictureName} /> : <img class="picture" alt="" hidden />}
      <div class="answer-text">
        <p class="answer-question">
          <q lang="en">{question}</q>
        </p>
        {problem ? (
          <p class="problem">
            {ask.failed}: {problem}
          </p>
        ) : (
          <p class="answer-words" lang="en" data-waiting={ask.asking}>
            {words}
          </p>
        )}
        {score === undefined ? null : (
          <p class="answer-score trial-score">
            <span>{ask.sure}</span> <ScoreBar page={page} score={score} rule={undefined} look="waiting" />
          </p>
        )}
        <p class="quiet answer-picture">{pictureName}</p>
      </div>
    </li>
  );
}
