import { expect, test } from 'vitest';
import { reportSchema } from '../../src/web/api/report-schema.ts';
import { openWeb } from './visitor.ts';

test('the day report is a page with what is open, what came back and how long it took', async () => {
  const { visitor } = await openWeb();
  const viewer = await visitor('viewer');
  const page = await (await viewer.get('/reports')).text();
  expect(page).toContain('Day report');
  expect(page).toContain('Alert me when a shelf is empty for 5 minutes during opening hours');
  expect(page).toMatch(/href="\/reports\?kind=day&amp;date=2026-03-01"/);
  // Nothing of tomorrow.
  expect(page).not.toContain('date=2026-03-03');
});

test('a hand-over names its shift, and another language its words', async () => {
  const { visitor } = await openWeb();
  const viewer = await visitor('viewer');
  const shift = '/reports?kind=shift&date=2026-03-02&shift=early';
  expect(await (await viewer.get(shift)).text()).toContain('Hand-over, early shift');
  const chinese = await (await viewer.get(shift, { 'Accept-Language': 'zh-CN' })).text();
  expect(chinese).toContain('交接班：early');
});

test('the same report is JSON of the described shape', async () => {
  const { visitor } = await openWeb();
  const viewer = await visitor('viewer');
  const answer = await viewer.get('/api/v1/reports?kind=day&date=2026-03-02');
  const report = reportSchema.parse(await answer.json());
  expect(report).toMatchObject({ key: 'day:2026-03-02', complete: false, from: '2026-03-01T23:00:00.000Z' });
  expect(report.counts.open).toBe(2);
});

test('there is no such day and no such shift', async () => {
  const { visitor } = await openWeb();
  const viewer = await visitor('viewer');
  expect((await viewer.get('/reports?kind=day&date=tomorrow')).status).toBe(404);
  expect((await viewer.get('/api/v1/reports?kind=shift&date=2026-03-02&shift=tea')).status).toBe(404);
  expect((await (await visitor()).get('/reports')).status).toBe(303);
});
