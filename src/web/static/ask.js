// Asks without leaving the page: an answer's words appear as they come.
(() => {
  const form = document.getElementById('ask-form');
  const answers = document.getElementById('answers');
  const template = document.getElementById('answer-template');
  if (!form || !answers || !template) return;

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const body = new FormData(form, event.submitter);
    const answer = template.content.firstElementChild.cloneNode(true);
    answer.querySelector('.answer-score').hidden = true;
    answer.querySelector('q').textContent = body.get('suggested') ?? body.get('question');
    answers.prepend(answer);
    answer.scrollIntoView({ block: 'nearest' });
    ask(body, answer).catch(() => fail(answer, form.dataset.lost));
  });

  async function ask(body, answer) {
    const headers = { Accept: 'application/x-ndjson' };
    // The fields are few and small: no need for the parts of a form with files.
    const response = await fetch(form.action, { method: 'POST', body: new URLSearchParams(body), headers });
    if (!/ndjson/.test(response.headers.get('Content-Type') ?? '')) {
      // Logged out, or the page is from before an update.
      window.location.reload();
      return;
    }
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = '';
    for (;;) {
      const { value, done } = await reader.read();
      const lines = (rest + (value ?? '')).split('\n');
      rest = lines.pop();
      for (const line of lines) show(JSON.parse(line), answer);
      if (done) break;
    }
    const words = answer.querySelector('.answer-words');
    words?.removeAttribute('data-waiting');
    if (words?.textContent === '' && answer.querySelector('.answer-score').hidden)
      words.textContent = form.dataset.empty;
  }

  function show(line, answer) {
    if (line.error !== undefined) fail(answer, `${form.dataset.failed}: ${line.error}`);
    if (line.picture !== undefined) {
      const picture = answer.querySelector('img');
      picture.src = line.picture;
      picture.alt = line.name;
      picture.hidden = false;
      answer.querySelector('.answer-picture').textContent = line.name;
    }
    const words = answer.querySelector('.answer-words');
    if (line.words !== undefined && words) words.textContent = (words.textContent + line.words).trimStart();
    if (line.score !== undefined) {
      const percent = Math.round(line.score * 100);
      answer.querySelector('.score-bar .value').setAttribute('width', String(percent));
      answer.querySelector('.score-text').textContent = `${percent}\u00a0%`;
      answer.querySelector('.answer-score').hidden = false;
    }
  }

  function fail(answer, text) {
    const words = answer.querySelector('.answer-words');
    if (!words) return;
    words.className = 'problem';
    words.textContent = text;
  }
})();
