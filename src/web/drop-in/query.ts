import { Hono } from 'hono';
import { deadline } from '../../platform/clock.ts';
import { describeError, kindOf, WatchwordError } from '../../platform/errors.ts';
import { maskSecrets } from '../../platform/secrets.ts';
import { pictureOfCamera } from '../camera-picture.ts';
import type { RuleStatus } from '../deps.ts';
import { Audience } from './audience.ts';
import type { DropInParts, Service } from './drop-in.ts';
import type { DropInDeps } from './drop-in-deps.ts';
import { type DropInContext, type DropInEnv, identityOf } from './gate.ts';
import { listening } from './listening.ts';
import type { QuerySettings } from './settings.ts';

const RULE = 'nvidia-query';
const DEFAULT_QUERY = 'Describe the scene.';
const MOST_TOKENS = 128;
const ANSWER_WITHIN_MS = 10_000;
const TOO_LATE = 'Server timed out processing the request';

/** `/query` of metropolis-nim-workflows: questions about one camera, and one alert prompt, which is a rule of this box. */
export function queryService({ deps, gate, slots, auth }: DropInParts, { camera }: QuerySettings): Service {
  const audience = new Audience(deps.logger);
  const waiting = new Set<(state: RuleStatus) => void>();
  const unsubscribe = deps.subscribe((change) => {
    if (change.kind !== 'state' || change.ruleId !== RULE) return;
    const state = deps.states.list().find(({ ruleId, cameraId }) => ruleId === RULE && cameraId === change.cameraId);
    const rule = deps.rules.list().find(({ id }) => id === RULE);
    if (!state || !rule) return;
    for (const hear of waiting) hear(state);
    audience.tell({ prompt: rule.words, alert: true, reply: replyOf(state) });
  });
  const setAlert = async (words: string, by: string): Promise<string> => {
    const since = deps.clock.now();
    await slots.set(new Map([[RULE, words === '' ? null : { words, cameraId: camera }]]), by);
    if (words === '') return 'The alert was cleared.';
    return firstReply(deps, waiting, since);
  };
  const ask = async (words: string, gone: AbortSignal): Promise<string> => {
    const reply = await describe(deps, camera, words, gone);
    audience.tell({ prompt: words, alert: false, reply });
    return reply;
  };
  const isAlert = (c: DropInContext): boolean => c.req.query('alert') === 'True';
  const routes = new Hono<DropInEnv>()
    .get(
      '/query',
      (c, next) => gate(isAlert(c) ? 'operator' : 'viewer')(c, next),
      async (c) => {
        const words = (c.req.query('query') ?? DEFAULT_QUERY).trim().slice(0, 1_000);
        try {
          return c.text(await (isAlert(c) ? setAlert(words, identityOf(c).name) : ask(words, c.req.raw.signal)));
        } catch (error) {
          if (kindOf(error) === 'timeout' || kindOf(error) === 'too-many') return c.text(TOO_LATE);
          if (error instanceof WatchwordError) return c.text(maskSecrets(describeError(error)), 400);
          throw error;
        }
      },
    )
    .get('/', gate('viewer'), listening(audience, auth));
  return {
    routes,
    prefixes: ['/'],
    close() {
      unsubscribe();
      audience.close();
    },
  };
}

/** The original sends the model's words unread. Unknown is neither yes nor no: then there are none. */
function replyOf({ value }: RuleStatus): string {
  return value === 'yes' || value === 'no' ? value : '';
}

/** What the rule was answered first after it was set, about whichever picture came next. */
async function firstReply(
  { clock }: DropInDeps,
  waiting: Set<(state: RuleStatus) => void>,
  since: number,
): Promise<string> {
  const answered = new AbortController();
  let reply = TOO_LATE;
  const hear = (state: RuleStatus): void => {
    if (state.evaluatedAt === null || state.evaluatedAt < since) return;
    reply = replyOf(state);
    answered.abort();
  };
  waiting.add(hear);
  await clock.sleep(ANSWER_WITHIN_MS, answered.signal).catch(() => undefined);
  waiting.delete(hear);
  return reply;
}

async function describe(deps: DropInDeps, camera: string, words: string, gone: AbortSignal): Promise<string> {
  if (!deps.chat) throw new WatchwordError('unavailable', 'the model is not loaded');
  const late = deadline(deps.clock, ANSWER_WITHIN_MS, () => new WatchwordError('timeout', TOO_LATE));
  const picture = pictureOfCamera(deps.cameras, camera);
  let reply = '';
  try {
    await deps.chat.generate(
      [
        {
          role: 'user',
          content: [
            { type: 'image', picture },
            { type: 'text', text: words },
          ],
        },
      ],
      MOST_TOKENS,
      (more) => (reply += more),
      AbortSignal.any([gone, late.signal]),
    );
    return reply;
  } finally {
    late.stop();
  }
}
