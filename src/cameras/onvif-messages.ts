/** What the ONVIF thread is started for. */
export type OnvifTask =
  | { readonly kind: 'discover'; readonly interfaces: readonly string[]; readonly timeoutMs: number }
  | {
      readonly kind: 'describe';
      readonly host: string;
      readonly port: number;
      readonly path: string;
      readonly isSecure: boolean;
      readonly verifyCertificate: boolean;
      readonly user?: string;
      readonly password?: string;
    };

/** A device as it announces itself, in its own words. */
export interface RawFound {
  readonly urn: string;
  /** Addresses of its service, separated by spaces. */
  readonly xaddrs: string;
  readonly scopes: string;
  /** Where the announcement came from. */
  readonly from: string;
}

export interface RawProfile {
  readonly token: string;
  readonly uri: string;
  readonly name: string | undefined;
  readonly codec: string | undefined;
  readonly width: number | undefined;
  readonly height: number | undefined;
  readonly fps: number | undefined;
}

export interface RawDevice {
  readonly manufacturer: string | undefined;
  readonly model: string | undefined;
  readonly firmware: string | undefined;
  readonly serial: string | undefined;
  readonly profiles: readonly RawProfile[];
}

/** What it says: any number of `found`, then one `done` or `failed`. */
export type FromOnvifThread =
  | { readonly found: RawFound }
  | { readonly done: RawDevice | null }
  | { readonly failed: { readonly message: string; readonly code?: string } };
