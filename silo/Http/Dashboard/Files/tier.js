// What the page asks of its tier. The credential lives in this module's memory only: never in an address, a cookie or a store.
let credential = null;

export class TierError extends Error {
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export function useCredential(text) {
  credential = text || null;
}

function headers(extra) {
  return credential ? { ...extra, Authorization: `Bearer ${credential}` } : extra;
}

export function streamPath(stream, path = '') {
  return `/admin/streams/${encodeURIComponent(stream)}${path}`;
}

async function check(response) {
  if (response.ok) return response;
  let told = {};
  try { told = await response.json(); } catch { /* the status says it */ }
  throw new TierError(response.status, told.error_code ?? `HTTP ${response.status}`, told.error_message ?? response.statusText);
}

export async function get(path, signal) {
  const response = await check(await fetch(path, { headers: headers({}), signal, credentials: 'omit', cache: 'no-store' }));
  return response.json();
}

export async function post(path, body) {
  const response = await check(await fetch(path, {
    method: 'POST', headers: headers({ 'Content-Type': 'application/json' }), body: JSON.stringify(body), credentials: 'omit',
  }));
  return response.json();
}

// A tier tells something each second: one that is silent for so long is gone, or the way to it is, and the connection does not show that.
const silence = 10000;

// Reads events until they end. EventSource could not send the credential in a header.
export async function readEvents(stream, signal, onEvent) {
  const path = stream ? `/admin/events?stream=${encodeURIComponent(stream)}` : '/admin/events';
  const silent = new AbortController();
  let end = setTimeout(() => silent.abort(), silence);
  try {
    const any = AbortSignal.any([signal, silent.signal]);
    const response = await check(await fetch(path, { headers: headers({}), signal: any, credentials: 'omit', cache: 'no-store' }));
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = '';
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(end);
      end = setTimeout(() => silent.abort(), silence);
      rest += value;
      for (let last = rest.indexOf('\n\n'); last >= 0; last = rest.indexOf('\n\n')) {
        const lines = rest.slice(0, last).split('\n');
        rest = rest.slice(last + 2);
        const name = lines.find(l => l.startsWith('event: '))?.slice(7);
        const data = lines.find(l => l.startsWith('data: '))?.slice(6);
        if (name && data) onEvent(name, JSON.parse(data));
      }
    }
  } finally {
    clearTimeout(end);
  }
}
