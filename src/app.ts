import { randomBytes } from 'node:crypto';
import { channelsInUse, createAlerts } from './alerts/alerts.ts';
import { isAlive } from './alive.ts';
import type { App, AppOptions } from './appliance.ts';
import { createPastDesks } from './backtest/past-desks.ts';
import { scheduledBackups } from './backups.ts';
import { createCameraSet, perCamera } from './camera-set.ts';
import { CapacityLedger } from './capacity.ts';
import { createCertificates } from './certificates.ts';
import { EvidenceClips } from './clips.ts';
import { createAdminDesks } from './desks/admin-desks.ts';
import { createChatDesk } from './desks/chat-desk.ts';
import { createCommands } from './desks/commands.ts';
import { ModelTurns } from './desks/model-turns.ts';
import { createReports } from './desks/report-desk.ts';
import { createRuleDesk } from './desks/rule-desk.ts';
import { createTrials } from './desks/trials.ts';
import { dropInPart } from './drop-in.ts';
import { CommitQueue } from './events/commit-queue.ts';
import type { EventCommit } from './events/event.ts';
import { Tracker } from './events/tracker.ts';
import { createInspector } from './inspection.ts';
import { LiveBox } from './live-box.ts';
import { memoryCeiling } from './memory-ceiling.ts';
import { createMetrics } from './metrics.ts';
import { LoadingModel, modelLoader } from './model-loading.ts';
import { openHistory, sharedThumbnails } from './noticing.ts';
import { Pace } from './pace.ts';
import { Pipeline } from './pipeline.ts';
import { Health } from './platform/health.ts';
import { Lifecycle, loopPart, type Part } from './platform/lifecycle.ts';
import { planOf } from './rules/capacity.ts';
import { DEFAULTS } from './rules/compile.ts';
import { contextOf } from './rules/context.ts';
import { RuleFolder } from './rules/folder.ts';
import { RuleFiles } from './rules/rule-files.ts';
import { judge } from './rules/verdict.ts';
import { believedTimeOf, Retention } from './store/retention.ts';
import { openStore } from './store/store.ts';
import { createTicks } from './ticks.ts';
import { UsageLedger } from './vision/endpoint/usage.ts';
import { Watch } from './watch.ts';
import { ensureAdmin } from './web/auth.ts';
import type { LiveChange } from './web/deps.ts';
import { evidenceLinks } from './web/evidence-links.ts';
import { WebServer } from './web/server.ts';
import { createWebApp } from './web/web-app.tsx';
import { liveViewOf, webDepsOf } from './web-deps.ts';

export type { App, AppOptions } from './appliance.ts';

/**
 * Builds every part, connects them and starts them in the order of the list below. Rejects only for what no retry can
 * mend: a port that is taken, a database of a newer version, a folder that cannot be written. What was started is then
 * stopped again.
 */
export async function startApp(options: AppOptions, signal: AbortSignal): Promise<App> {
  const { settings, version, clock, logger } = options;
  const health = new Health(() => clock.now());
  const lifecycle = new Lifecycle({ clock, logger });
  const live = new Set<(change: LiveChange) => void>();
  const tell = (change: LiveChange): void => {
    for (const listener of live) listener(change);
  };
  health.onChange(() => tell({ kind: 'health' }));

  const store = openStore({ dataDir: settings.data, clock, logger, version, channels: channelsInUse(settings) });
  const admin = await ensureAdmin(store.users, clock, randomBytes);

  const cameraSet = createCameraSet({
    ...options,
    health,
    connect(camera) {
      camera.onFrame((frame) => {
        pipeline.offer(frame);
        history?.offer(frame);
        tell({ kind: 'frame', cameraId: camera.id });
      });
      camera.onState(({ state }) => watch.cameraChanged(camera.id, state));
    },
    async changed(id, change) {
      if (change === 'removed') health.forget(`picture/${id}`);
      await ruleFolder.refresh();
      watch.refresh();
    },
  });
  const { cameras } = cameraSet;
  const box = new LiveBox(settings);
  const context = () => contextOf({ site: box.site, calendars: box.calendars, cameras: cameraSet.settings() });
  const ruleFolder = new RuleFolder({ folder: settings.rules, context, clock, logger, health });
  const usage = new UsageLedger();
  const model = new LoadingModel({ load: modelLoader({ ...options, health, usage }), clock, logger, health });
  const turns = new ModelTurns({ model, clock });
  const pace = new Pace(clock);
  const capacity = new CapacityLedger({
    dataDir: settings.data,
    cameras,
    clock,
    logger,
    health,
    model: () => model.identity,
  });
  const thumbnail = sharedThumbnails();
  const certificates = createCertificates({ settings, clock, logger });
  const time = believedTimeOf({ store, dataDir: settings.data, clock, logger });
  const history = openHistory({ settings, cameras, clock, logger, health, thumbnail, agesBy: () => time.now() });

  const clips = new EvidenceClips({ dataDir: settings.data, cameras, clock, logger });
  const commit = (change: EventCommit): void => {
    store.events.commit(change);
    const { event } = change.change;
    const deciding = change.evidence.find(({ role }) => role === 'deciding');
    if (deciding)
      alerts.states.snapshot({
        cameraId: event.cameraId,
        ruleId: event.ruleId,
        eventId: event.id,
        jpeg: deciding.jpeg,
      });
    clips.committed(change);
    tell({ kind: 'event', eventId: event.id });
  };
  const queue = new CommitQueue({ commit, clock, logger });
  const tracker = new Tracker({
    ...{ queue, clock, silenced: (ruleId) => store.silences.until(ruleId) !== null },
    acknowledged: (eventId) => store.log.get(eventId)?.review.acknowledgedAt != null,
  });

  const alerts = createAlerts({
    siteId: settings.site.id,
    mqtt: settings.mqtt,
    webhook: settings.webhook,
    outbox: store.outbox,
    ...{ brokerSessions: store.brokerSessions, ownCertificate: certificates.own },
    commands: createCommands({ store, clock, rules: () => ruleFolder.rules(), silenced: () => watch.refresh(), tell }),
    status: () => ({
      evaluationsPerMinute: pace.evaluationsPerMinute(),
      p95LatencyMs: pace.p95LatencyMs(),
      openEvents: store.log.countOpen(),
      alertsWaiting: store.outbox.depth().messages,
    }),
    version,
    webUrl: settings.web.publicUrl,
    links: evidenceLinks(settings.web.publicUrl, (cameraId) => clips.keeps(cameraId)),
    clock,
    logger,
    health,
  });

  const watch = new Watch({
    clock,
    health,
    get timeZone() {
      return box.site.timeZone;
    },
    get calendars() {
      return context().calendars;
    },
    get cameras() {
      return cameras.map(({ id, settings: camera }) => ({ id, name: camera.name }));
    },
    rules: () => ruleFolder.rules(),
    model: () => model.identity,
    tracker,
    store,
    alerts,
    tell,
  });
  const metrics = createMetrics({
    ...{ cameras, health, counts: () => pipeline.counts },
    served: () => usage.list(),
    ...{ outboxDepth: () => store.outbox.depth(), now: () => clock.now() },
    openEvents: () => store.log.countOpen(),
    delivered: () => alerts.deliveryStats(),
    droppedForSessions: () => alerts.droppedForSessions(),
  });
  const inspectorOf = perCamera(cameras, (camera) => createInspector([camera], health, thumbnail));
  const pipeline = new Pipeline({
    clock,
    logger,
    health,
    model: capacity.metered(turns.live),
    judge,
    inspect: async (frame) => inspectorOf(frame.cameraId).inspect(frame),
    isPending: (ruleId, cameraId) => tracker.view(ruleId, cameraId)?.phase === 'pending',
    dropped: (cameraId) => watch.frameDropped(cameraId),
    settle(judgement) {
      watch.settle(judgement);
      metrics.judged(judgement);
      pace.add(judgement.verdicts.length, judgement.finishedAt - judgement.frame.at);
      options.onJudgement?.(judgement);
    },
  });

  const liveView = liveViewOf(cameras, settings.web.liveCameras, { clock, logger });
  const retention = new Retention({ store, clips, dataDir: settings.data, clock, logger, health, time });

  const reports = createReports({ settings, box, store, ruleFolder, alerts, clock, logger });
  let ready = false;
  const ruleDesk = createRuleDesk({
    ...{ files: new RuleFiles(settings.rules), versions: store.ruleVersions },
    ...{ context, clock, logger },
    plan(rule) {
      const box = capacity.load(watch.assignments.filter((each) => each.rule.id !== rule.id));
      return box && planOf(rule, box);
    },
  });
  const pastDesks = createPastDesks({
    ...{ dataDir: settings.data, store, turns, ruleDesk, clock, logger, model: () => model.identity },
    ...{
      box: () => ({ site: box.site, calendars: box.calendars, cameras: cameraSet.settings() }),
      rules: () => ruleFolder.rules(),
    },
  });
  const webDeps = webDepsOf({
    site: box.shown,
    clock,
    logger,
    health,
    cameras,
    ...(liveView && { liveView }),
    clips,
    ruleFolder,
    ruleDesk,
    ...pastDesks,
    spareModel: createTrials({
      ...{ turns, clock, judge, minMass: DEFAULTS.minMass },
      zone: (id, name) => cameraSet.find(id)?.settings.zones[name],
    }),
    chat: createChatDesk(turns),
    reports: reports.desk,
    ...createAdminDesks({
      ...{ config: options.config, cameraSet, ruleFolder, watch, clock, logger },
      ...{ audit: store.audit, sources: options, store, box },
      firstRun: {
        ...{ isFresh: admin.created, settings, topicBase: alerts.topicBase, restart: options.restart },
        model: () => model.identity,
      },
      upkeep: {
        ...{ pace, alerts, logLevel: options.logLevel, restart: options.restart },
        counts: () => pipeline.counts,
        load: () => capacity.load(watch.assignments),
      },
      redrawn(cameraId) {
        inspectorOf(cameraId).relearn(cameraId);
        liveView?.redrawn(cameraId);
      },
    }),
    watch,
    tracker,
    store,
    model: () => model.identity,
    run: { version, startedAt: clock.now(), id: `${clock.now().toString(36)}` },
    ready: () => ready,
    subscribe(listener) {
      live.add(listener);
      return () => live.delete(listener);
    },
    metrics: { contentType: metrics.registry.contentType, metrics: () => metrics.registry.metrics() },
    trustProxy: settings.web.trustProxy,
    acknowledged: (eventId, at) => alerts.eventAcknowledged(eventId, at),
    relearn: (id) => cameraSet.find(id) && inspectorOf(id).relearn(id),
  });
  const web = createWebApp(webDeps);
  const dropIn = dropInPart({ ...webDeps, health, ruleFolder, cameraSet, dataDir: settings.data }, settings.nvidia);
  const server = new WebServer({ web, host: settings.web.host, port: settings.web.port, tls: certificates.web() });
  let webUrl = '';

  const parts: Part[] = [
    { name: 'store', stop: () => store.close() },
    {
      name: 'web',
      async start() {
        webUrl = (await server.start()).url;
      },
      stop: () => server.stop(AbortSignal.timeout(2_000)),
    },
    ...(liveView ? [{ name: 'live view', stop: () => liveView.stop() }] : []),
    clips,
    ruleFolder,
    { name: 'alerts', start: () => alerts.start(), stop: () => alerts.stop() },
    {
      name: 'tracker',
      start() {
        tracker.restore(store.events.open(), store.events.lastAlerts());
        watch.refresh(pipeline);
        ruleFolder.onChange(() => watch.refresh());
      },
      stop: () => watch.flush(),
    },
    model,
    loopPart('pipeline', (stopped) => pipeline.run(stopped)),
    createTicks({ clock, watch, store, capacity }),
    reports.part,
    loopPart('retention', (stopped) => retention.run(stopped)),
    ...scheduledBackups({ settings, store, clock, logger, health }),
    memoryCeiling({ model, clock, logger, health }),
    ...(history ? [loopPart('history', (stopped) => history.run(stopped))] : []),
    loopPart('backtests', (stopped) => pastDesks.backtests.run(stopped)),
    cameraSet,
    dropIn,
  ];

  try {
    await lifecycle.start(parts, signal);
    signal.throwIfAborted();
  } catch (error) {
    await lifecycle.stop();
    throw error;
  }
  ready = true;
  return {
    webUrl,
    mqttUrl: alerts.mqttUrl,
    topicBase: alerts.topicBase,
    ...(admin.password !== undefined && { adminPassword: admin.password }),
    health,
    alive: () => isAlive({ cameras, watch, pipeline, clock }),
    async stop() {
      ready = false;
      await lifecycle.stop();
    },
  };
}
