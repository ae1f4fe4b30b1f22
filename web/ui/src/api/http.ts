import type { Diagnostic } from './types';

/** An answer other than success, in the server's words. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly diagnostics: Diagnostic[];

  constructor(status: number, code: string, message: string, diagnostics: Diagnostic[] = []) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
    this.diagnostics = diagnostics;
  }
}

interface Options {
  signal?: AbortSignal;
  headers?: Record<string, string>;
}

/** Sends one request to the server and returns its JSON; every failure is an ApiError. */
export async function request<T>(method: string, path: string, body?: unknown, options: Options = {}): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      signal: options.signal,
      headers: {
        Accept: 'application/json',
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...options.headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: 'same-origin',
    });
  } catch (cause) {
    if (options.signal?.aborted) throw cause;
    throw new ApiError(0, 'unreachable', 'The server did not answer.');
  }
  const text = await response.text();
  const data = parse(text);
  if (!response.ok) throw failure(response, data);
  if (text !== '' && data === undefined) {
    throw new ApiError(response.status, 'bad_answer', `The answer to ${method} ${path} is not JSON.`);
  }
  return data as T;
}

function parse(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function failure(response: Response, data: unknown): ApiError {
  const error = (data as { error?: { code?: string; message?: string; diagnostics?: Diagnostic[] } } | undefined)?.error;
  return new ApiError(
    response.status,
    error?.code ?? `http_${response.status}`,
    error?.message ?? `The server answered ${response.status} ${response.statusText}`.trim() + '.',
    error?.diagnostics ?? [],
  );
}

/** Says what a person can do about an error. */
export function nextStep(error: unknown): string {
  const status = error instanceof ApiError ? error.status : -1;
  switch (true) {
    case status === 0:
      return 'Check your connection and that vedette is running, then try again.';
    case status === 401:
      return 'Sign in again to go on; what you typed stays on this page.';
    case status === 403:
      return 'Ask an owner of the workspace for a role that allows this.';
    case status === 404:
      return 'It may have been removed. Go back to the list and look for it there.';
    case status === 409 || status === 412:
      return 'Somebody changed it at the same time. Look at the new values and try again.';
    case status === 429:
      return 'Too many requests at once. Wait a moment and try again.';
    case status >= 500:
      return 'Try again. If it stays, look at the server log for this code.';
    default:
      return 'Change the request and try again.';
  }
}

export const get = <T>(path: string, signal?: AbortSignal) => request<T>('GET', path, undefined, { signal });
export const post = <T>(path: string, body?: unknown) => request<T>('POST', path, body ?? {});
export const put = <T>(path: string, body: unknown) => request<T>('PUT', path, body);
export const patch = <T>(path: string, body: unknown) => request<T>('PATCH', path, body);

/** Builds a query string of the values that are set. */
export function withQuery(path: string, values: Record<string, string | number | undefined>): string {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(values)) {
    if (value !== undefined && value !== '') params.set(key, String(value));
  }
  const text = params.toString();
  return text === '' ? path : `${path}?${text}`;
}
