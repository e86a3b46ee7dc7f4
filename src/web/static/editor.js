// Trying a rule on one's own picture: chosen, pasted or dropped, it is tried at once.
(() => {
  const input = document.getElementById('picture');
  const area = document.getElementById('own-picture');
  const button = area?.querySelector('button');
  const trial = document.getElementById('trial');
  if (!input || !button) return;

  function take(files) {
    const picture = [...files].find(({ type }) => type.startsWith('image/'));
    if (!picture) return false;
    const one = new DataTransfer();
    one.items.add(picture);
    input.files = one.files;
    button.click();
    return true;
  }

  input.addEventListener('change', () => {
    if (input.files.length > 0) button.click();
  });
  document.addEventListener('paste', (event) => {
    if (take(event.clipboardData?.files ?? [])) event.preventDefault();
  });
  // The answer may lie below the screen of a phone.
  document.addEventListener('htmx:after:swap', ({ detail }) => {
    if (detail.ctx.target === trial) trial.scrollIntoView({ block: 'nearest' });
  });
  document.addEventListener('dragover', (event) => {
    event.preventDefault();
    area.classList.add('own-picture-over');
  });
  document.addEventListener('dragleave', () => area.classList.remove('own-picture-over'));
  document.addEventListener('drop', (event) => {
    event.preventDefault();
    area.classList.remove('own-picture-over');
    take(event.dataTransfer?.files ?? []);
  });
})();
