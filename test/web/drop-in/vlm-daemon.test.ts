import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Daemon, startDaemon, subscribe, temporaryFolder } from '../../support/daemon.ts';
import { type RtspServer, startRtspServer } from '../../support/rtsp-server.ts';
import { addToken, freePort, listenTo } from './box.ts';

const DEMO = fileURLToPath(new URL('../../../models/watchword-tiny/demo/', import.meta.url));
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;

describe('the API of the Jetson VLM service, on a box of its own', { timeout: 180_000 }, () => {
  const folder = temporaryFolder();
  const dataDir = join(folder.path, 'data');
  const rules = join(folder.path, 'rules');
  const config = join(folder.path, 'watchword.yaml');
  let rtsp: RtspServer;
  let daemon: Daemon;
  let port: number;
  let wsPort: number;
  let token: string;

  beforeAll(async () => {
    // The robot lies on the floor from the fourth second of this piece to its end.
    const clip = join(folder.path, 'robot.mp4');
    const piece = ['-ss', '22', '-t', '28', '-i', join(DEMO, 'robot_falls.mp4'), '-g', '8', '-pix_fmt', 'yuv420p'];
    execFileSync('ffmpeg', ['-v', 'error', ...piece, '-y', clip]);
    rtsp = await startRtspServer([clip, join(DEMO, 'quiet_hall.mp4')]);
    mkdirSync(rules);
    port = await freePort();
    wsPort = await freePort();
    writeFileSync(
      config,
      `site: { id: shop, timeZone: UTC }
web: { port: 0 }
mqtt: { port: 0 }
cameras: { hall: { source: "demo:quiet_hall" } }
nvidia: { vlm: { port: ${port}, webSocketPort: ${wsPort}, maxStreams: 2, alertCooldown: 2s } }
`,
    );
    daemon = await startDaemon({ dataDir, config });
    token = addToken(dataDir, 'operator');
  }, 60_000);
  afterAll(async () => {
    await daemon?.stop();
    await rtsp?.stop();
    folder.remove();
  });

  /** As curl sends the published requests; the token is what was not there before. */
  const call = async (method: string, path: string, body?: string, headers: Record<string, string> = {}) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json', ...headers },
      ...(body !== undefined && { body }),
    });
    const text = await answer.text();
    return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) };
  };
  const ruleFiles = (): string[] => readdirSync(rules).sort();

  test('is published requests and all: streams, alerts, chat, WebSocket, restart, removal', async () => {
    expect(await call('GET', '/api/v1/health/ready')).toEqual({ status: 200, body: { detail: 'healthy' } });
    const head = await fetch(`http://127.0.0.1:${port}/api/v1/health/ready`, { method: 'HEAD' });
    expect(head.status).toBe(200);
    expect((await call('GET', '/api/v1/live-stream', undefined, { Authorization: '' })).status).toBe(401);
    expect(await call('GET', '/api/v1/live-stream')).toEqual({ status: 200, body: [] });

    const refused = await call('POST', '/api/v1/alerts', '{"alerts": ["is there a fire?"], "id": ""}');
    expect(refused).toEqual({ status: 422, body: { detail: 'No stream has been added.' } });
    const noRtsp = await call(
      'POST',
      '/api/v1/live-stream',
      '{"liveStreamUrl": "http://127.0.0.1/x", "description": ""}',
    );
    expect(noRtsp.status).toBe(400);
    const away = `{"liveStreamUrl": "rtsp://user:hidden@127.0.0.1:${await freePort()}/out", "description": ""}`;
    const failed = await call('POST', '/api/v1/live-stream', away);
    expect(failed).toMatchObject({ status: 422, body: { detail: expect.stringMatching(/^Failed to add stream\. /) } });
    expect(JSON.stringify(failed)).not.toContain('hidden');

    const robot = `{
    "liveStreamUrl": "${rtsp.url(0)}"
}`;
    const first = await call('POST', '/api/v1/live-stream', robot);
    expect(first).toEqual({ status: 200, body: { id: expect.stringMatching(UUID) } });
    const second = await call(
      'POST',
      '/api/v1/live-stream',
      JSON.stringify({ liveStreamUrl: rtsp.url(1), description: 'Hall' }),
    );
    expect(second.status).toBe(200);
    // Where the original starts empty, its programs add their stream again each time.
    expect(await call('POST', '/api/v1/live-stream', robot)).toEqual(first);
    const third = await call(
      'POST',
      '/api/v1/live-stream',
      '{"liveStreamUrl": "rtsp://127.0.0.1/3", "description": ""}',
    );
    expect(third.body).toEqual({ detail: 'Stream Maximum reached. Remove a stream first to add another.' });
    const { id } = first.body as { id: string };
    const streams = [
      { id, liveStreamUrl: rtsp.url(0), description: '' },
      { id: second.body.id, liveStreamUrl: rtsp.url(1), description: 'Hall' },
    ];
    expect((await call('GET', '/api/v1/live-stream')).body).toEqual(streams);

    const camera = `nvidia-${id.slice(0, 8)}`;
    await expect(listenTo(`ws://127.0.0.1:${wsPort}/api/v1/alerts/ws`, 'wrong')).rejects.toThrow('401');
    await expect(listenTo(`ws://127.0.0.1:${wsPort}/api/v1/nothing`, token)).rejects.toThrow('404');
    const socket = await listenTo(`ws://127.0.0.1:${wsPort}/api/v1/alerts/ws`, token);
    const told = socket.heard;
    const mqtt = await subscribe(daemon.ready);

    const alerts = `{
    "alerts": ["is there a fire?", "", "is a robot lying on the floor?"],
    "id": "${id}"
}`;
    const began = performance.now();
    expect(await call('POST', '/api/v1/alerts', alerts)).toEqual({ status: 200, body: { detail: 'Alert rules set' } });
    expect(ruleFiles()).toEqual([`${camera}-r0.yaml`, `${camera}-r2.yaml`]);
    expect(readFileSync(join(rules, `${camera}-r2.yaml`), 'utf8')).toContain('rule: "is a robot lying on the floor?"');

    // The alert of the WebSocket and the event on MQTT are of one rule.
    await mqtt.until((messages) => messages.some(({ type }) => type === 'new'));
    await socket.until(2);
    const delayMs = performance.now() - began;
    expect(told[0]).toEqual({
      title: 'VLM Alert Triggered',
      description: 'The VLM has determined the alert rule: is a robot lying on the floor? is True!',
      alert_id: 'r2',
      type: 'vlm_alert',
      rule_string: 'is a robot lying on the floor?',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/),
      stream_id: id,
    });
    const event = mqtt.messages.find(({ type }) => type === 'new')?.event;
    expect(event).toMatchObject({ rule: `${camera}-r2`, camera });
    // Repeated while it stays true, after the cooldown; the event of the box is still one.
    expect(told[1]).toMatchObject({ alert_id: 'r2' });
    expect(mqtt.messages.filter(({ type }) => type === 'new')).toHaveLength(1);
    console.log(`drop-in: first and second alert ${Math.round(delayMs)} ms after POST /api/v1/alerts`);

    // A chat leaves the alerts alone.
    const chat = await call(
      'POST',
      '/vlm/api/v1/chat/completions',
      `{
    "messages": [
        {"role": "system", "content": "You are a helpful AI assistant."},
        {"role": "user", "content": [
            {"type": "stream", "stream": {"stream_id": "${id}"}},
            {"type": "text", "text": "Is a robot lying on the floor?"}
        ]}
    ],
    "max_tokens": 128,
    "min_tokens": 1
}`,
    );
    expect(chat).toEqual({
      status: 200,
      body: { choices: [{ index: 0, message: { role: 'assistant', content: expect.stringMatching(/\w/) } }] },
    });
    const metrics = await fetch(`http://127.0.0.1:${port}/metrics`, { headers: { Authorization: `Bearer ${token}` } });
    expect((await metrics.text()).split('\n')).toContainEqual(
      expect.stringMatching(
        new RegExp(
          `^alert_status{alert_number="r2",alert_string="is a robot lying on the floor\\?",stream_id="${id}"} [01]$`,
        ),
      ),
    );
    expect(ruleFiles()).toHaveLength(2);
    socket.close();

    // Everything is there again after a power cut.
    await mqtt.stop();
    await daemon.kill();
    daemon = await startDaemon({ dataDir, config });
    expect((await call('GET', '/api/v1/live-stream')).body).toEqual(streams);
    expect(ruleFiles()).toHaveLength(2);

    expect(await call('POST', '/api/v1/alerts', `{"alerts": [], "id": "${id}"}`)).toMatchObject({ status: 200 });
    expect(ruleFiles()).toEqual([]);
    expect(await call('POST', '/api/v1/alerts', '{"alerts": ["is there smoke?"], "id": ""}')).toMatchObject({
      status: 200,
    });
    expect(ruleFiles()).toHaveLength(2);
    expect(await call('DELETE', `/api/v1/live-stream/${id}`)).toEqual({
      status: 200,
      body: { detail: 'Stream removed successfully' },
    });
    expect(ruleFiles()).toHaveLength(1);
    expect((await call('DELETE', `/api/v1/live-stream/${id}`)).status).toBe(422);
    expect((await call('GET', '/api/v1/live-stream')).body).toEqual(streams.slice(1));
    expect(existsSync(join(dataDir, 'streams.yaml'))).toBe(true);
  });
});
