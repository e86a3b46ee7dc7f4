/**
 * Masks what must never leave the box in any text: the user part of URLs (`rtsp://user:secret@host` becomes
 * `rtsp://***@host`), secret-looking query values, and `password:secret` written without the space that YAML wants. Runs over
 * log lines, error texts and API answers. The greedy match up to the last `@` before the path also covers passwords that
 * hold an unescaped `@` or `:`; the scheme may be missing, as in an address that somebody mistyped.
 */
export function maskSecrets(text: string): string {
  return text
    .replace(/\/\/[^\s/?#'"]*@/g, '//***@')
    .replace(/([?&](?:password|passwd|pwd|pass|token|secret|key|auth|user|usr|apikey|api_key)=)[^&\s'"]*/gi, '$1***')
    .replace(/\b(password|passwd|secret|token)([:=])[^\s'"*&]+/gi, '$1$2***');
}
