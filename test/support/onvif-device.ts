import { createHash, randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const DISCOVERY_PORT = 3702;
const DISCOVERY_GROUP = '239.255.255.250';
/** A stamp further from the device's own clock is refused as a replay. */
const STAMP_WITHIN_MS = 5_000;

export interface DeviceProfile {
  readonly token: string;
  readonly name: string;
  readonly codec: string;
  readonly width: number;
  readonly height: number;
  readonly uri: string;
}

export interface DeviceOptions {
  readonly profiles?: readonly DeviceProfile[];
  /** How a user must show who he is. Default: nobody must. */
  readonly auth?: 'wsse' | 'digest';
  readonly user?: string;
  readonly password?: string;
  /** How far the device's clock is ahead of ours, ms. */
  readonly clockAheadMs?: number;
  /** Answers instead of the device's own, for all but the question for its clock. */
  readonly answer?: (response: ServerResponse, action: string) => void;
  /** Answers to a probe instead of the device's own. */
  readonly announce?: (device: OnvifDevice) => readonly (string | Buffer)[];
  /** The newer media service beside the older one; `broken`: it answers in the words of the older one. */
  readonly media2?: 'works' | 'broken';
}

/** A camera as ONVIF sees it: SOAP over HTTP on this machine, found by WS-Discovery. Written from the standards' own texts. */
export class OnvifDevice {
  readonly options: DeviceOptions;
  /** Everything that was asked, with its whole text. */
  readonly asked: { action: string; body: string; authorization: string | undefined }[] = [];
  readonly #server = createServer((request, response) => void this.#take(request, response));
  readonly #nonce = randomBytes(8).toString('hex');
  #socket: Socket | undefined;

  constructor(options: DeviceOptions = {}) {
    this.options = options;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get service(): string {
    return `http://127.0.0.1:${this.port}/onvif/device_service`;
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    if (this.options.announce) await this.#listenToProbes();
    return this;
  }

  async stop(): Promise<void> {
    this.#socket?.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #listenToProbes(): Promise<void> {
    const socket = createSocket({ type: 'udp4', reuseAddr: true });
    this.#socket = socket;
    socket.on('message', (message, { port, address }) => {
      if (!message.includes('/Probe<') && !message.includes('<Probe')) return;
      for (const answer of this.options.announce?.(this) ?? []) socket.send(answer, port, address);
    });
    await new Promise<void>((resolve) => socket.bind(DISCOVERY_PORT, DISCOVERY_GROUP, resolve));
    socket.addMembership(DISCOVERY_GROUP, '127.0.0.1');
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const action = /<(?:s:)?Body[^>]*>\s*<(\w+)/.exec(body)?.[1] ?? '';
    this.asked.push({ action, body, authorization: request.headers.authorization });
    // The standard lets anybody ask for the clock: without it nobody could sign a login.
    if (action === 'GetSystemDateAndTime') return send(response, 200, this.#clock());
    if (!this.#mayAsk(request, response, body)) return;
    if (this.options.answer) return this.options.answer(response, action);
    const isNewer = request.url === '/onvif/media2' && this.options.media2 === 'works';
    const answer = this.#answers()[isNewer ? `${action}2` : action];
    if (answer === undefined) return send(response, 400, fault('ter:ActionNotSupported', 'not implemented'));
    send(response, 200, answer(body));
  }

  #mayAsk(request: IncomingMessage, response: ServerResponse, body: string): boolean {
    const { auth } = this.options;
    if (auth === 'wsse' && !this.#isSigned(body)) {
      send(response, 400, fault('ter:NotAuthorized', 'Sender not Authorized'));
      return false;
    }
    if (auth === 'digest' && !this.#isDigest(request)) {
      const challenge = `Digest realm="camera", qop="auth", nonce="${this.#nonce}", algorithm=MD5`;
      response.writeHead(401, { 'WWW-Authenticate': challenge }).end();
      return false;
    }
    return true;
  }

  /** WS-UsernameToken: Base64(SHA-1(nonce + created + password)), the stamp near the device's own time. */
  #isSigned(body: string): boolean {
    const part = (name: string): string => new RegExp(`<${name}[^>]*>([^<]*)</${name}>`).exec(body)?.[1] ?? '';
    const created = part('Created');
    const { user, password = '', clockAheadMs = 0 } = this.options;
    const signed = createHash('sha1')
      .update(Buffer.from(part('Nonce'), 'base64'))
      .update(created)
      .update(password)
      .digest('base64');
    const isFresh = Math.abs(Date.parse(created) - Date.now() - clockAheadMs) < STAMP_WITHIN_MS;
    return part('Username') === user && part('Password') === signed && isFresh;
  }

  #isDigest({ method, headers }: IncomingMessage): boolean {
    const given = headers.authorization ?? '';
    const part = (name: string): string => new RegExp(`\\b${name}="?([^",]*)`).exec(given)?.[1] ?? '';
    const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
    const { user = '', password = '' } = this.options;
    const first = md5(`${user}:camera:${password}`);
    const second = md5(`${method}:${part('uri')}`);
    const wanted = md5([first, this.#nonce, part('nc'), part('cnonce'), 'auth', second].join(':'));
    return part('username') === user && part('response') === wanted;
  }

  #clock(): string {
    const at = new Date(Date.now() + (this.options.clockAheadMs ?? 0));
    return envelope(`<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>NTP</tt:DateTimeType>
      <tt:UTCDateTime><tt:Time><tt:Hour>${at.getUTCHours()}</tt:Hour><tt:Minute>${at.getUTCMinutes()}</tt:Minute>
      <tt:Second>${at.getUTCSeconds()}</tt:Second></tt:Time><tt:Date><tt:Year>${at.getUTCFullYear()}</tt:Year>
      <tt:Month>${at.getUTCMonth() + 1}</tt:Month><tt:Day>${at.getUTCDate()}</tt:Day></tt:Date></tt:UTCDateTime>
      </tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>`);
  }

  #answers(): Record<string, (body: string) => string> {
    const { profiles = [], media2 } = this.options;
    const service = (version: string, name: string, path = name): string =>
      `<tds:Service><tds:Namespace>http://www.onvif.org/${version}/${name}/wsdl</tds:Namespace>
       <tds:XAddr>http://10.255.255.1/onvif/${path}</tds:XAddr></tds:Service>`;
    const uriOf = (body: string): string => {
      const token = /<ProfileToken>([^<]*)/.exec(body)?.[1];
      return (profiles.find((profile) => profile.token === token)?.uri ?? '').replaceAll('&', '&amp;');
    };
    return {
      GetServices: () =>
        envelope(
          `<tds:GetServicesResponse>${service('ver10', 'device')}${service('ver10', 'media')}${media2 ? service('ver20', 'media', 'media2') : ''}</tds:GetServicesResponse>`,
        ),
      GetDeviceInformation: () =>
        envelope(`<tds:GetDeviceInformationResponse><tds:Manufacturer>Lens &amp; Co</tds:Manufacturer>
          <tds:Model>Dome 4</tds:Model><tds:FirmwareVersion>1.2.3</tds:FirmwareVersion>
          <tds:SerialNumber>00042</tds:SerialNumber></tds:GetDeviceInformationResponse>`),
      GetProfiles: () =>
        envelope(`<trt:GetProfilesResponse>${profiles.map(profileXml).join('')}</trt:GetProfilesResponse>`),
      GetProfiles2: () =>
        envelope(`<tr2:GetProfilesResponse>${profiles.map(newerProfileXml).join('')}</tr2:GetProfilesResponse>`),
      GetStreamUri: (body) =>
        envelope(`<trt:GetStreamUriResponse><trt:MediaUri><tt:Uri>${uriOf(body)}</tt:Uri>
          <tt:Timeout>PT60S</tt:Timeout></trt:MediaUri></trt:GetStreamUriResponse>`),
      GetStreamUri2: (body) =>
        envelope(`<tr2:GetStreamUriResponse><tr2:Uri>${uriOf(body)}</tr2:Uri></tr2:GetStreamUriResponse>`),
    };
  }
}

function profileXml({ token, name, codec, width, height }: DeviceProfile): string {
  return `<trt:Profiles token="${token}" fixed="true"><tt:Name>${name}</tt:Name>
    <tt:VideoSourceConfiguration token="v"><tt:SourceToken>s</tt:SourceToken></tt:VideoSourceConfiguration>
    <tt:VideoEncoderConfiguration token="e"><tt:Encoding>${codec}</tt:Encoding>
    <tt:Resolution><tt:Width>${width}</tt:Width><tt:Height>${height}</tt:Height></tt:Resolution>
    <tt:RateControl><tt:FrameRateLimit>25</tt:FrameRateLimit></tt:RateControl></tt:VideoEncoderConfiguration></trt:Profiles>`;
}

function newerProfileXml({ token, name, codec, width, height }: DeviceProfile): string {
  return `<tr2:Profiles token="${token}" fixed="true"><tr2:Name>${name}</tr2:Name><tr2:Configurations>
    <tr2:VideoSource token="v"><tt:SourceToken>s</tt:SourceToken></tr2:VideoSource>
    <tr2:VideoEncoder token="e"><tt:Encoding>${codec}</tt:Encoding>
    <tt:Resolution><tt:Width>${width}</tt:Width><tt:Height>${height}</tt:Height></tt:Resolution>
    <tt:RateControl><tt:FrameRateLimit>25</tt:FrameRateLimit></tt:RateControl></tr2:VideoEncoder>
    </tr2:Configurations></tr2:Profiles>`;
}

/** SOAP 1.2 with the prefixes of the standards. */
export function envelope(body: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"
    xmlns:tt="http://www.onvif.org/ver10/schema" xmlns:tds="http://www.onvif.org/ver10/device/wsdl"
    xmlns:trt="http://www.onvif.org/ver10/media/wsdl" xmlns:tr2="http://www.onvif.org/ver20/media/wsdl" xmlns:ter="http://www.onvif.org/ver10/error"><s:Body>${body}</s:Body></s:Envelope>`;
}

function fault(code: string, reason: string): string {
  return envelope(`<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>${code}</s:Value></s:Subcode></s:Code>
    <s:Reason><s:Text xml:lang="en">${reason}</s:Text></s:Reason></s:Fault>`);
}

/** What a device sends back when it is looked for. */
export function probeMatch(options: { urn: string; xaddrs: string; scopes?: string }): string {
  const scopes = options.scopes ?? 'onvif://www.onvif.org/type/video_encoder onvif://www.onvif.org/name/Dome%204';
  return `<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"
    xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery">
    <s:Header><a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/ProbeMatches</a:Action></s:Header>
    <s:Body><d:ProbeMatches><d:ProbeMatch><a:EndpointReference><a:Address>${options.urn}</a:Address></a:EndpointReference>
    <d:Types>dn:NetworkVideoTransmitter</d:Types><d:Scopes>${scopes}</d:Scopes><d:XAddrs>${options.xaddrs}</d:XAddrs>
    <d:MetadataVersion>1</d:MetadataVersion></d:ProbeMatch></d:ProbeMatches></s:Body></s:Envelope>`;
}

function send(response: ServerResponse, status: number, xml: string): void {
  response.writeHead(status, { 'Content-Type': 'application/soap+xml' }).end(xml);
}
