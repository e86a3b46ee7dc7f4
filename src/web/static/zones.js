// Draws zones and masks on a camera's picture with mouse, touch or keyboard. What is sent are the numbers in the form: this
// only reads and writes them, so that typing a number and dragging a point are the same thing.
(() => {
  const form = document.querySelector('.drawing');
  const board = form?.querySelector('.board');
  if (!board) return;
  const stage = board.querySelector('.stage');
  const outlines = stage.querySelector('.outlines');
  const layer = stage.querySelector('.points');
  const cross = stage.querySelector('.cross');
  const said = board.querySelector('.board-say');
  const list = form.querySelector('.shapes');
  const closeButton = board.querySelector('[data-close]');
  const dropButton = board.querySelector('[data-drop]');
  const STEP = 0.5;
  const BIG_STEP = 5;
  /** The shape whose corners are being set; undefined when none is. */
  let drawing;
  let crossAt = [50, 50];
  let nextNumber = 1000;

  const shapes = () => [...list.querySelectorAll('[data-shape]')];
  const rows = (shape) => [...shape.querySelectorAll('.point-fields')];
  const pointsOf = (shape) =>
    rows(shape).map((row) => [...row.querySelectorAll('input')].map(({ value }) => Number(value)));
  const titleOf = (shape) => shape.querySelector('.shape-title').textContent;
  const within = (value) => Math.min(100, Math.max(0, Math.round(value * 100) / 100));
  const say = (text) => {
    said.textContent = text ?? '';
  };

  /** A copy of a piece of the page's templates, its fields named for this shape. */
  function made(kind, number) {
    const piece = document.querySelector(`template[data-new=${kind}]`).content.firstElementChild.cloneNode(true);
    if (piece.dataset.shape) piece.dataset.shape = number;
    for (const input of piece.querySelectorAll('[name]')) input.name = input.name.replace('NEW', number);
    return piece;
  }

  function setPoint(shape, index, [x, y]) {
    const [left, top] = rows(shape)[index].querySelectorAll('input');
    left.value = String(within(x));
    top.value = String(within(y));
    paint();
  }

  function addPoint(shape, [x, y], before) {
    const row = made('point', shape.dataset.shape);
    const [left, top] = row.querySelectorAll('input');
    left.value = String(within(x));
    top.value = String(within(y));
    shape.querySelector('[data-points]').insertBefore(row, before ?? null);
    paint();
  }

  function removePoint(shape, index) {
    rows(shape)[index]?.remove();
    if (shape !== drawing && rows(shape).length === 0) shape.remove();
    paint();
    const handles = [...layer.querySelectorAll('button')].filter((handle) => handle.shape === shape);
    handles[Math.min(index, handles.length - 1)]?.focus();
  }

  /** Outlines, points and numbers as the form says them. Points that stay keep their button: it may be held or focused. */
  function paint() {
    const svg = [];
    const wanted = [];
    for (const shape of shapes()) {
      const points = pointsOf(shape);
      const kind = shape.dataset.kind;
      const outline = document.createElementNS(
        'http://www.w3.org/2000/svg',
        shape === drawing ? 'polyline' : 'polygon',
      );
      outline.setAttribute('class', `outline outline-${kind}${shape === drawing ? ' outline-open' : ''}`);
      outline.setAttribute('points', points.map(([x, y]) => `${x},${y}`).join(' '));
      svg.push(outline);
      for (const [index, at] of points.entries()) wanted.push({ shape, index, at, kind });
      shape.querySelector('.count-points').textContent = points.length;
      number(shape);
    }
    outlines.replaceChildren(...svg);
    const handles = [...layer.children];
    for (const handle of handles.slice(wanted.length)) handle.remove();
    for (const [i, { shape, index, at, kind }] of wanted.entries()) {
      const handle = handles[i] ?? layer.appendChild(newHandle());
      handle.shape = shape;
      handle.index = index;
      handle.className = `handle handle-${kind}`;
      handle.style.left = `${at[0]}%`;
      handle.style.top = `${at[1]}%`;
      const words = shape.querySelector('[data-points]').dataset.pointOf;
      const named = words.replace('0', index + 1).replace('SHAPE', titleOf(shape));
      handle.setAttribute('aria-label', `${named}: ${at[0]} %, ${at[1]} %`);
    }
    list.querySelector('.shapes-none').hidden = shapes().length > 0;
    closeButton.hidden = !drawing || pointsOf(drawing).length < 3;
    dropButton.hidden = !drawing;
    for (const button of board.querySelectorAll('[data-draw]')) button.hidden = drawing !== undefined;
    stage.classList.toggle('stage-drawing', drawing !== undefined);
    cross.hidden = !drawing || !stage.matches(':focus-visible');
    cross.style.left = `${crossAt[0]}%`;
    cross.style.top = `${crossAt[1]}%`;
  }

  function number(shape) {
    for (const [i, row] of rows(shape).entries()) {
      for (const element of row.querySelectorAll('[aria-label]')) {
        element.setAttribute('aria-label', element.getAttribute('aria-label').replace(/\d+/, i + 1));
      }
      row.querySelector('[data-remove-point]').hidden = false;
    }
    for (const button of shape.querySelectorAll('[data-add-point], [data-remove-shape]')) button.hidden = false;
  }

  function newHandle() {
    const handle = document.createElement('button');
    handle.type = 'button';
    return handle;
  }

  function at(event) {
    const box = stage.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * 100, ((event.clientY - box.top) / box.height) * 100];
  }

  function begin(kind) {
    drawing = made(kind, nextNumber++);
    list.insertBefore(drawing, list.querySelector(':scope > .actions'));
    const same = shapes().filter((shape) => shape.dataset.kind === kind).length;
    drawing.querySelector('.shape-title').textContent += ` ${same}`;
    crossAt = [50, 50];
    say(board.dataset.tap);
    stage.focus();
    paint();
  }

  function close() {
    if (!drawing) return;
    if (pointsOf(drawing).length < 3) {
      say(board.dataset.needThree);
      return;
    }
    const done = drawing;
    drawing = undefined;
    paint();
    say(board.dataset.keys);
    done.querySelector('details').open = false;
    (done.querySelector('input[name^=name]') ?? done.querySelector('summary')).focus();
  }

  function drop() {
    drawing?.remove();
    drawing = undefined;
    say('');
    paint();
    board.querySelector('[data-draw]').focus();
  }

  const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const moved = ([x, y], [dx, dy], shift) => {
    const step = shift ? BIG_STEP : STEP;
    return [within(x + dx * step), within(y + dy * step)];
  };

  stage.addEventListener('keydown', (event) => {
    const move = MOVES[event.key];
    const handle = event.target.closest('.handle');
    if (event.key === 'Enter' && drawing) close();
    else if (event.key === 'Escape' && drawing) drop();
    else if (handle && move) {
      setPoint(handle.shape, handle.index, moved(pointsOf(handle.shape)[handle.index], move, event.shiftKey));
    } else if (handle && (event.key === 'Delete' || event.key === 'Backspace')) removePoint(handle.shape, handle.index);
    else if (!handle && drawing && move) {
      // The cross moves far: nobody wants a hundred strokes across a picture.
      crossAt = moved(
        crossAt,
        move.map((way) => way * 4),
        event.shiftKey,
      );
      paint();
    } else if (!handle && drawing && event.key === ' ') addPoint(drawing, crossAt);
    else return;
    event.preventDefault();
  });
  stage.addEventListener('focus', () => paint());
  stage.addEventListener('blur', () => paint());

  let held;
  stage.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    held = event.target.closest('.handle') ?? undefined;
    if (held) {
      held.setPointerCapture(event.pointerId);
      held.focus();
    } else if (drawing) addPoint(drawing, at(event));
    else return;
    event.preventDefault();
  });
  stage.addEventListener('pointermove', (event) => {
    if (held?.hasPointerCapture(event.pointerId)) setPoint(held.shape, held.index, at(event));
  });
  for (const end of ['pointerup', 'pointercancel']) {
    stage.addEventListener(end, () => {
      held = undefined;
    });
  }

  form.addEventListener('input', (event) => {
    if (event.target.closest('.point-fields')) paint();
  });
  form.addEventListener('click', (event) => {
    const button = event.target.closest('button');
    const shape = button?.closest('[data-shape]');
    if (button?.dataset.draw) begin(button.dataset.draw);
    else if (button === closeButton) close();
    else if (button === dropButton) drop();
    else if (button?.hasAttribute('data-remove-shape')) {
      if (shape === drawing) drawing = undefined;
      shape.remove();
      paint();
      board.querySelector('[data-draw]').focus();
    } else if (button?.hasAttribute('data-remove-point')) removePoint(shape, rows(shape).indexOf(button.closest('li')));
    else if (button?.hasAttribute('data-add-point')) {
      const points = pointsOf(shape);
      const [first = [40, 40], last = [60, 60]] = [points[0], points.at(-1)];
      addPoint(shape, [(first[0] + last[0]) / 2, (first[1] + last[1]) / 2]);
      rows(shape).at(-1).querySelector('input').focus();
    }
  });
  // What is not closed yet would be saved as it is.
  form.addEventListener('submit', (event) => {
    if (!drawing) return;
    close();
    if (drawing) event.preventDefault();
  });
  board.querySelector('.board-actions').hidden = false;
  for (const hint of form.querySelectorAll('details')) hint.open = false;
  paint();
})();
