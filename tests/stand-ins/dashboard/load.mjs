// Records and faults for a tier.
const text = 'x'.repeat(20000);

export async function put(tier, lines, stream = 'events', query = '') {
  const response = await fetch(`${tier}/streams/${stream}/records${query}`, {
    method: 'POST', headers: { 'content-type': 'application/x-ndjson' },
    body: lines.map(n => JSON.stringify({ partition_key: `key-${n}`, payload: n })).join('\n'),
  });
  const answer = (await response.text()).trim();
  return response.ok ? answer.split('\n').map(l => JSON.parse(l).status) : [response.status];
}

// Puts all the time, some requests at once, until it is stopped. A tier without room, or one that is gone, is asked again.
export function begin(tier, { key, bytes = 200, records = 10, pause = 100, lanes = 1 }) {
  let goes = true;
  let n = 0;
  const lane = async () => {
    while (goes) {
      const body = Array.from({ length: records }, () => JSON.stringify({ partition_key: key ?? `key-${n++}`, payload: text.slice(0, bytes) })).join('\n');
      try {
        const response = await fetch(`${tier}/streams/events/records?ack=accepted`, { method: 'POST', headers: { 'content-type': 'application/x-ndjson' }, body });
        await response.arrayBuffer();
      } catch (error) {
        if (!(error instanceof TypeError)) throw error;
      }
      await new Promise(go => setTimeout(go, pause));
    }
  };
  const all = Promise.all(Array.from({ length: lanes }, lane));
  return async () => {
    goes = false;
    await all;
  };
}

export const fault = (kinesis, body) => fetch(`${kinesis}/_faults`, { method: 'POST', body: JSON.stringify(body) });
export const mend = kinesis => fetch(`${kinesis}/_faults`, { method: 'DELETE' });
