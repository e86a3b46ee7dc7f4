// Draws the score of a rule on a camera over time with uPlot: raise and clear lines, events as bands, unknown as gaps.
(() => {
  const probe = document.createElement('span');

  /** A colour of the sheet as the canvas understands it: `light-dark()` is only resolved in a real property. */
  function colour(name) {
    probe.style.color = `var(${name})`;
    document.body.append(probe);
    const resolved = getComputedStyle(probe).color;
    probe.remove();
    return resolved;
  }

  const percent = (value) => `${Math.round(value * 100)}\u00a0%`;

  async function draw(element) {
    const { timeline, zone, wordsNone } = element.dataset;
    const response = await fetch(timeline, { headers: { Accept: 'application/json' } });
    if (!response.ok) throw new Error(`the scores answered ${response.status}`);
    const scores = await response.json();
    if (scores.points.length === 0) {
      element.textContent = wordsNone;
      return;
    }
    const times = scores.points.map((point) => Date.parse(point.at) / 1000);
    const data = [
      times,
      scores.points.map((point) => point.score),
      scores.points.map((point) => (point.value === 'unknown' ? 0 : null)),
      times.map(() => scores.raise),
      times.map(() => scores.clear),
    ];
    const clock = timeFormat(zone, times.at(-1) - times[0] > 86400);
    let plot;
    let width = 0;
    const redraw = () => {
      if (element.clientWidth === 0) return;
      width = element.clientWidth;
      plot?.destroy();
      plot = new uPlot(options(element, scores, times, clock), data, element);
    };
    redraw();
    new ResizeObserver(() => {
      if (element.clientWidth !== width) redraw();
    }).observe(element);
    window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
  }

  function options(element, scores, times, clock) {
    const narrow = element.clientWidth < 500;
    const dashed = (name, dash) => ({ stroke: colour(name), width: 1.5, dash, points: { show: false } });
    const dot = colour('--doubt');
    return {
      width: element.clientWidth,
      height: narrow ? 220 : 280,
      padding: [12, narrow ? 16 : 28, 0, 0],
      legend: { show: false },
      cursor: { y: false, drag: { x: true, y: false } },
      scales: { y: { range: [0, 1] } },
      axes: [
        { ...axis(), space: narrow ? 70 : 100, values: (_, ticks) => ticks.map((tick) => clock.format(tick * 1000)) },
        { ...axis(), size: 52, values: (_, ticks) => ticks.map(percent) },
      ],
      series: [
        {},
        { stroke: colour('--accent'), width: 2, spanGaps: false, points: { show: times.length < 60, size: 5 } },
        { stroke: 'transparent', points: { show: true, size: 7, fill: dot, stroke: dot } },
        dashed('--alert', [8, 4]),
        dashed('--ok', [2, 4]),
      ],
      hooks: {
        drawClear: [
          (plot) => {
            for (const event of scores.bands ?? [scores]) band(plot, event, times);
          },
        ],
        setCursor: [(plot) => readOut(element, scores.points[plot.cursor.idx], clock)],
      },
    };
  }

  /** Hours and minutes in the site's time zone, whatever the reader's device is set to. */
  function timeFormat(timeZone, withDay) {
    const day = withDay ? { day: 'numeric', month: 'short' } : {};
    const language = document.documentElement.lang === 'en' ? 'en-GB' : document.documentElement.lang;
    return new Intl.DateTimeFormat(language, {
      ...day,
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
      timeZone,
    });
  }

  function axis() {
    const line = { stroke: colour('--line'), width: 1 };
    return { stroke: colour('--quiet'), grid: line, ticks: line, font: '12px system-ui, sans-serif' };
  }

  function band(plot, { startedAt, endedAt }, times) {
    const { ctx, bbox } = plot;
    const from = Date.parse(startedAt) / 1000;
    const to = endedAt === null ? times.at(-1) : Date.parse(endedAt) / 1000;
    const left = Math.max(bbox.left, plot.valToPos(from, 'x', true));
    const right = Math.min(bbox.left + bbox.width, plot.valToPos(to, 'x', true));
    if (right < left) return;
    ctx.save();
    ctx.fillStyle = colour('--alert-soft');
    // Short events among many days stay visible.
    ctx.fillRect(left, bbox.top, Math.max(2, right - left), bbox.height);
    ctx.restore();
  }

  /** What lies under the pointer, in words below the chart. */
  function readOut(element, point, clock) {
    const line = element.parentElement.querySelector('.readout');
    if (!line) return;
    if (!point) {
      line.textContent = '';
      return;
    }
    const { wordsUnknown, wordsCauses } = element.dataset;
    const cause = point.cause ? (JSON.parse(wordsCauses)[point.cause] ?? point.cause) : '';
    const unknown = point.value === 'unknown' ? [cause ? `${wordsUnknown}: ${cause}` : wordsUnknown] : [];
    const score = point.score === null ? [] : [percent(point.score)];
    line.textContent = [clock.format(Date.parse(point.at)), ...score, ...unknown].join(' · ');
  }

  for (const element of document.querySelectorAll('[data-timeline]')) {
    draw(element).catch((error) => {
      element.textContent = error.message;
    });
  }
})();
