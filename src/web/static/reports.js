// The report's print button: without scripts the browser's own menu does the same.
(() => {
  const button = document.querySelector('[data-print]');
  button?.addEventListener('click', () => window.print());
  if (button) button.hidden = false;
})();
