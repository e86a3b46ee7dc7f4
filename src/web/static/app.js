// Runs on every page: keeps ages right, shows messages, watches the live stream. No inline code, no eval (see the CSP).
(() => {
  const root = document.documentElement;
  // The box's clock decides what "3 min ago" means; the phone's may be wrong.
  const clockOffset = Number(root.dataset.now) - Date.now();
  const ages = new Intl.RelativeTimeFormat(root.lang, { numeric: 'auto', style: 'short' });

  /** The same rule as src/web/time-text.ts, `age`. */
  function ageText(at) {
    const seconds = Math.max(0, Math.round((Date.now() + clockOffset - at) / 1000));
    if (seconds < 60) return ages.format(-seconds, 'second');
    if (seconds < 3600) return ages.format(-Math.floor(seconds / 60), 'minute');
    if (seconds < 86400) return ages.format(-Math.floor(seconds / 3600), 'hour');
    return ages.format(-Math.floor(seconds / 86400), 'day');
  }

  const unit = (count, name) =>
    new Intl.NumberFormat(root.lang, { style: 'unit', unit: name, unitDisplay: 'short' }).format(count);

  /** The same rule as src/web/time-text.ts, `roughly`. */
  function durationText(ms) {
    const seconds = Math.max(0, Math.round(ms / 1000));
    const parts = (big, bigName, small, smallName) =>
      [
        unit(Math.floor(seconds / big), bigName),
        Math.floor((seconds % big) / small) && unit(Math.floor((seconds % big) / small), smallName),
      ]
        .filter(Boolean)
        .join(' ');
    if (seconds < 60) return unit(seconds, 'second');
    if (seconds < 300) return parts(60, 'minute', 1, 'second');
    if (seconds < 3600) return unit(Math.floor(seconds / 60), 'minute');
    return seconds < 86400 ? parts(3600, 'hour', 60, 'minute') : parts(86400, 'day', 3600, 'hour');
  }

  function refreshAges() {
    for (const element of document.querySelectorAll('[data-since]')) {
      element.textContent = durationText(Date.now() + clockOffset - Number(element.dataset.since));
    }
    for (const element of document.querySelectorAll('[data-age]')) {
      const text = ageText(Number(element.dataset.age));
      if (element.textContent !== text) element.textContent = text;
    }
  }
  setInterval(refreshAges, 1000);

  let toastTimer;
  function toast(text) {
    const element = document.getElementById('toast');
    element.textContent = text;
    element.hidden = false;
    clearTimeout(toastTimer);
    toastTimer = setTimeout(() => {
      element.hidden = true;
    }, 6000);
  }
  document.addEventListener('show-toast', (event) => toast(event.detail.text ?? event.detail.value ?? ''));

  // A question before what cannot be taken back.
  document.addEventListener('submit', (event) => {
    const question = event.submitter?.dataset.confirm;
    if (question && !window.confirm(question)) event.preventDefault();
  });

  const live = document.getElementById('live');
  const lost = document.getElementById('live-lost');
  if (!live) return;
  let retryTimer;
  const showLost = (isLost) => {
    lost.hidden = !isLost;
  };
  live.addEventListener('session-ended', () => window.location.assign('/login'));
  live.addEventListener('htmx:sse:after:connection', () => showLost(false));
  live.addEventListener('htmx:sse:error', (event) => {
    if (event.detail.status === 401) window.location.assign('/login');
    else showLost(true);
  });
  // The first connection failed: the extension only repeats one that once stood.
  const retry = () => {
    showLost(true);
    clearTimeout(retryTimer);
    retryTimer = setTimeout(() => htmx.trigger(live, 'live-retry'), 5000);
  };
  live.addEventListener('htmx:error', retry);
  live.addEventListener('htmx:response:error', retry);
})();
