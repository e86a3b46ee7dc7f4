import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ChatRequest {
  readonly path: string;
  readonly authorization: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into what was sent
  readonly body: any;
}

export type Respond = (request: ChatRequest, response: ServerResponse) => void;

/** A server that speaks the chat protocol as it is told to, and remembers what it was asked. */
export class ChatServer {
  readonly requests: ChatRequest[] = [];
  /** What is answered; replaced by tests. */
  respond: Respond = (_request, response) => reply(response, chances({ Yes: 0.9, No: 0.1 }));
  models: unknown = { object: 'list', data: [{ id: 'some-vlm', object: 'model' }] };
  /** Most requests that were under way at once. */
  mostAtOnce = 0;
  #atOnce = 0;
  readonly #server = createServer((request, response) => void this.#serve(request, response));

  /** Listens on loopback; `port` to come back where it was. */
  async start(port = 0): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/v1`;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Requests under way now. */
  get atOnce(): number {
    return this.#atOnce;
  }

  /** Requests for an answer, without those for the list of models. */
  get chats(): ChatRequest[] {
    return this.requests.filter(({ path }) => path.endsWith('/chat/completions'));
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of request) text += chunk;
    const { url: path = '', headers } = request;
    const seen = { path, authorization: headers.authorization, body: text === '' ? undefined : JSON.parse(text) };
    this.requests.push(seen);
    if (path.endsWith('/models')) return json(response, 200, this.models);
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#atOnce);
    response.on('close', () => this.#atOnce--);
    this.respond(seen, response);
  }
}

export function json(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

export function reply(response: ServerResponse, choice: Record<string, unknown>): void {
  json(response, 200, { object: 'chat.completion', choices: [{ index: 0, finish_reason: 'length', ...choice }] });
}

/** A first token with its alternatives, by their share of the vocabulary. */
export function chances(shares: Record<string, number>): Record<string, unknown> {
  const top = Object.entries(shares).map(([token, share]) => ({ token, logprob: Math.log(share), bytes: null }));
  const [first] = top;
  return {
    message: { role: 'assistant', content: first?.token ?? '' },
    logprobs: { content: first ? [{ ...first, top_logprobs: top }] : [] },
  };
}

/** Words without probabilities. */
export function words(text: string): Record<string, unknown> {
  return { message: { role: 'assistant', content: text }, logprobs: null };
}

export function events(response: ServerResponse, lines: readonly string[]): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const line of lines) response.write(line);
  response.end();
}
