import { beforeEach, describe, expect, test } from 'vitest';
import { openWeb, type Visit, type Visitor } from './visitor.ts';

describe('adding a camera on the page', () => {
  let visit: Visit;
  let admin: Visitor;
  beforeEach(async () => {
    visit = await openWeb();
    admin = await visit.visitor('admin');
  });

  test('is offered to admins only', async () => {
    expect(await (await admin.get('/cameras')).text()).toContain('href="/add-camera"');
    const viewer = await visit.visitor('viewer');
    expect(await (await viewer.get('/cameras')).text()).not.toContain('/add-camera');
  });

  test('goes from a search over a choice to a camera that is watched', async () => {
    const found = await (await admin.post('/add-camera/search')).text();
    expect(found).toContain('Dome 4 &lt;b&gt;');
    expect(found).toContain('<code>10.0.0.9</code>');
    const chosen = await (await admin.post('/add-camera/choose', { address: '10.0.0.9', name: 'Dome 4' })).text();
    expect(chosen).toMatch(/name="address" value="10\.0\.0\.9"/);
    expect(chosen).toMatch(/name="id" value="dome-4"/);
    const form = { address: '10.0.0.9', id: 'dome-4', name: 'Dome 4', user: 'me', password: 'pa: ss#1 ', clips: 'on' };
    const added = await admin.post('/add-camera', form);
    expect(added.status).toBe(200);
    const page = await added.text();
    for (const words of ['Dome 4 is added', 'rtsp://10.0.0.9/2', 'rtsp://10.0.0.9/1', 'h264, 640 × 360, 25 frames/s'])
      expect(page).toContain(words);
    expect(page).toContain('2.1\u00a0% of a CPU core');
    expect(page).not.toContain('pa: ss');
    expect(visit.store.cameraDesk.added).toEqual([{ ...form, clips: true, by: 'admin' }]);
  });

  test('says when nothing was found', async () => {
    visit.store.cameraDesk.devices = [];
    expect(await (await admin.post('/add-camera/search')).text()).toContain('No camera answered');
  });

  test.for([
    [{ address: '10.0.0.9', id: 'dock', password: 'wrong' }, 503, 'the camera refuses the user name or password'],
    [{ address: '10.0.0.9', id: 'Dock 1', password: 'wrong' }, 400, 'Small letters, digits and dashes'],
  ] as const)(
    '%j: the form is shown again, with what was typed and without the password',
    async ([form, status, words]) => {
      const answer = await admin.post('/add-camera', form);
      expect(answer.status).toBe(status);
      const page = await answer.text();
      expect(page).toContain(words);
      expect(page).toContain(`value="${form.id}"`);
      expect(page).not.toContain('value="wrong"');
      expect(visit.store.cameraDesk.added).toEqual([]);
    },
  );

  test('and over the API', async () => {
    const found = await admin.send('/api/v1/cameras/discover', {});
    expect(await found.json()).toEqual([{ name: 'Dome 4 <b>', hardware: 'D4', address: '10.0.0.9' }]);
    const described = await admin.send('/api/v1/cameras/describe', { address: '10.0.0.9' });
    expect(await described.json()).toMatchObject({ profiles: [{ use: 'main' }, { use: 'sub' }] });
    const added = await admin.send('/api/v1/cameras', { id: 'dock', address: '10.0.0.9', clips: true });
    expect(await added.json()).toMatchObject({ id: 'dock', mainSource: 'rtsp://10.0.0.9/1', cpuPercent: 2.1 });
    expect((await admin.send('/api/v1/cameras', { id: 'No Good', address: '10.0.0.9' })).status).toBe(400);
    const refused = await admin.send('/api/v1/cameras/describe', { address: '10.0.0.9', password: 'wrong' });
    expect([refused.status, await refused.text()]).toEqual([503, expect.not.stringContaining('"wrong"')]);
  });
});
