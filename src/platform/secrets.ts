/**
 * Masks what must never leave the box in any text: the user part of URLs (`rtsp://user:secret@host` becomes
 * `rtsp://***@host`) and secret-looking query values. Runs over log lines, error texts and API answers.
 * The greedy match up to the last `@` before the path also covers passwords that hold an unescaped `@` or `:`.
 */
export function maskSecrets(text: string): string {
  return text
    .replace(/([a-z][a-z0-9+.-]*:\/\/)[^\s/?#'"]*@/gi, '$1***@')
    .replace(/([?&](?:password|passwd|pwd|pass|token|secret|key|auth|user|usr|apikey|api_key)=)[^&\s'"]*/gi, '$1***');
}
