// The guided start: the browser's time zone, examples that can be tapped, and waiting for the box that starts anew.
(() => {
  const zones = document.querySelector('select[data-time-zone]');
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zones && own && [...zones.options].some(({ value }) => value === own)) zones.value = own;

  for (const example of document.querySelectorAll('[data-example]')) {
    example.hidden = false;
    example.addEventListener('click', () => {
      const words = document.querySelector('textarea[name=words]');
      words.value = example.dataset.example;
      words.focus();
    });
  }

  const { restarting: before, then = '/start' } = document.querySelector('[data-restarting]')?.dataset ?? {};
  async function look() {
    try {
      const answer = await fetch('/api/v1/system', { headers: { Accept: 'application/json' } });
      if (answer.ok && (await answer.json()).run !== before) {
        window.location.replace(then);
        return;
      }
    } catch {
      // It is on its way.
    }
    setTimeout(look, 1000);
  }
  if (before) setTimeout(look, 1000);
})();
