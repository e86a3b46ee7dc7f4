// Keys for going through events: j next, k previous, a acknowledge, r right, w wrong.
(() => {
  const rows = () => [...document.querySelectorAll('[data-event]')];

  function currentRow() {
    const focused = document.activeElement?.closest?.('[data-event]');
    return focused ?? document.querySelector('[data-event][data-focused]');
  }

  function move(step) {
    const all = rows();
    const at = all.indexOf(currentRow());
    const next = all[at < 0 ? 0 : Math.min(all.length - 1, Math.max(0, at + step))];
    const link = next?.querySelector('[data-open]');
    if (!link) return;
    link.focus({ preventScroll: true });
    next.scrollIntoView({ block: 'nearest' });
  }

  function press(key) {
    currentRow()?.querySelector(`button[data-key="${key}"]`)?.click();
  }

  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.('input, textarea, select')) return;
    if (event.key === 'j') move(1);
    else if (event.key === 'k') move(-1);
    else if (['a', 'r', 'w'].includes(event.key)) press(event.key);
    else return;
    event.preventDefault();
  });

  // Something newer than what the list shows: said in a line, so that the list does not jump under a finger.
  document.getElementById('live')?.addEventListener('newest-event', (event) => {
    const news = document.getElementById('events-news');
    if (news) news.hidden = document.getElementById(event.detail.data) !== null;
  });

  // A row that was replaced after an action keeps the place of the keys.
  let lastRowId;
  document.addEventListener('htmx:before:request', (event) => {
    lastRowId = event.target.closest?.('li[data-event]')?.id;
  });
  document.addEventListener('htmx:after:swap', () => {
    const row = lastRowId && document.getElementById(lastRowId);
    lastRowId = undefined;
    if (row && !row.contains(document.activeElement)) row.querySelector('[data-open]')?.focus({ preventScroll: true });
  });
})();
