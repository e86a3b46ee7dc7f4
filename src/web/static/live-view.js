// Plays a camera's live picture onto a canvas: MPEG-1 over a WebSocket, decoded by mpeg1-video.js. Nothing runs before
// somebody asks for it, nor while the page is hidden: each camera that is watched costs the box a fifth of a core.
(() => {
  const { Mpeg1Decoder, TransportReader, toRgba } = globalThis.watchwordVideo;
  const MOST_RETRY_MS = 15_000;

  for (const section of document.querySelectorAll('[data-live-view]')) attach(section);

  function attach(section) {
    const canvas = section.querySelector('canvas');
    const button = section.querySelector('button');
    const status = section.querySelector('[role=status]');
    const { liveView: path, watch, stop, connecting, lost } = section.dataset;
    const context = canvas.getContext('2d', { alpha: false });
    let wanted = false;
    let socket;
    let retryTimer;
    let failures = 0;
    let newest;
    let image;

    const say = (text) => {
      status.textContent = text;
      status.hidden = text === '';
    };

    // A slow screen skips pictures instead of falling behind.
    function paint() {
      const picture = newest;
      newest = undefined;
      if (!picture || !wanted) return;
      if (!image || image.width !== picture.width || image.height !== picture.height) {
        canvas.width = picture.width;
        canvas.height = picture.height;
        image = context.createImageData(picture.width, picture.height);
      }
      toRgba(picture, image.data);
      context.putImageData(image, 0, 0);
      canvas.dataset.painted = String(Number(canvas.dataset.painted ?? 0) + 1);
      canvas.hidden = false;
      failures = 0;
      say('');
    }

    function connect() {
      clearTimeout(retryTimer);
      if (!wanted || document.hidden || socket) return;
      if (canvas.hidden) say(connecting);
      const decoder = new Mpeg1Decoder((picture) => {
        if (!newest) requestAnimationFrame(paint);
        newest = picture;
      });
      const reader = new TransportReader((unit) => decoder.decode(unit));
      const address = new URL(path, window.location.href);
      address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
      socket = new WebSocket(address);
      socket.binaryType = 'arraybuffer';
      socket.addEventListener('message', ({ data }) => {
        if (typeof data !== 'string') reader.push(new Uint8Array(data));
        else {
          // What came before it must not take the words away again.
          newest = undefined;
          say(data);
        }
      });
      socket.addEventListener('close', ({ code, reason }) => {
        socket = undefined;
        if (!wanted) return;
        // 4401: the session is over. Other reasons of the box (4xxx) stay true until somebody does something.
        if (code === 4401) window.location.assign('/login');
        else if (code >= 4000) finish(reason);
        else if (!document.hidden) {
          say(lost);
          retryTimer = setTimeout(connect, Math.min(MOST_RETRY_MS, 1000 * 2 ** failures++));
        }
      });
    }

    function finish(text) {
      wanted = false;
      clearTimeout(retryTimer);
      socket?.close();
      canvas.hidden = true;
      button.textContent = watch;
      button.setAttribute('aria-pressed', 'false');
      say(text);
    }

    button.addEventListener('click', () => {
      if (wanted) {
        finish('');
        return;
      }
      wanted = true;
      failures = 0;
      button.textContent = stop;
      button.setAttribute('aria-pressed', 'true');
      connect();
    });
    document.addEventListener('visibilitychange', () => {
      if (document.hidden) socket?.close();
      else connect();
    });
    button.hidden = false;
  }
})();
