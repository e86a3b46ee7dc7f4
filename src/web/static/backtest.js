// A backtest that is at work: its progress, and the page anew when it has ended. It goes on without this page.
(() => {
  const panel = document.querySelector('[data-backtest]');
  if (!panel) {
    // What the page was loaded anew for: also where the keys of the reader go on.
    if (location.hash === '#result') document.getElementById('result')?.focus();
    return;
  }
  const bar = panel.querySelector('progress');
  const count = panel.querySelector('[data-count]');
  const EVERY_MS = 1000;

  async function look() {
    const response = await fetch(panel.dataset.backtest, { headers: { Accept: 'application/json' } });
    // Cancelled and removed elsewhere, or the session is over: the page itself knows what to say.
    if (!response.ok && response.status < 500) return location.reload();
    if (!response.ok) return;
    const { state, progress, result } = await response.json();
    if (state !== 'waiting' && state !== 'running') {
      if (result) history.replaceState(null, '', '#result');
      return location.reload();
    }
    if (!progress) return;
    bar.max = progress.toAsk;
    bar.value = progress.asked;
    count.textContent = panel.dataset.words.replace('{asked}', progress.asked).replace('{all}', progress.toAsk);
  }

  const again = () =>
    setTimeout(
      () =>
        look()
          .catch(() => undefined)
          .then(again),
      EVERY_MS,
    );
  again();
})();
