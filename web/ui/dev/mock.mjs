// A stand-in for the server's /api, for working on the pages and looking at them. Never shipped.
// usage: node dev/mock.mjs [port]; sign in as maya with any password but "wrong".
import { createServer } from 'node:http';
import { pathToFileURL } from 'node:url';
import { alertsOf, commentsOf, conflictsOf, connectorDetail, entitiesOf, historyOf, incidents, tables, users } from './data.mjs';
import { detailOf, hunting, makeRules, makeSetup, makeSolutions, makeTables, makeUeba, tableDetail, workbook, workbooks } from './content.mjs';
import { answer, check } from './rows.mjs';
import { serveStatic } from './static.mjs';

const fail = (status, code, message, more) => ({ status, body: { error: { code, message, ...more } } });
const ok = (body, status = 200) => ({ status, body });
const json = (v) => JSON.parse(JSON.stringify(v));

/** Makes a mock with its own state; `signedIn` skips the sign-in page. */
export function makeMock({ signedIn = false, connected = true } = {}) {
  const state = { signedIn, incidents: json(incidents), extra: new Map(), preferences: new Map(), detail: connectorDetail(), streams: new Set(), running: new Map(), backfills: new Map(), raw: { kept: { days: 0, maxBytes: 10e9, files: 0, bytes: 0 }, replay: null }, solutions: makeSolutions(connected), rules: makeRules(), ueba: makeUeba(), tables: makeTables(tables) };
  if (!connected) {
    Object.assign(state.detail, { state: 'notConnected', incidents: { enabled: false, lastSync: null, lagSeconds: null }, received: [], health: [], skipped: [], streams: [], connectedAt: undefined, lastData: undefined });
    for (const c of state.detail.components) Object.assign(c, { state: 'notConnected', stateText: 'Not connected' });
    for (const t of state.detail.tables) Object.assign(t, { selected: false, rows: 0, lastSeen: null, lagSeconds: null });
  }
  const tell = (event, data) => {
    for (const s of state.streams) s.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  };
  const extraOf = (incident) => {
    if (!state.extra.has(incident.incidentNumber)) state.extra.set(incident.incidentNumber, { comments: commentsOf(incident), history: historyOf(incident), conflicts: conflictsOf(incident) });
    return state.extra.get(incident.incidentNumber);
  };
  const touch = (incident) => {
    incident.lastModifiedTimeUtc = new Date().toISOString();
    incident.etag = `"${incident.incidentNumber}-${Date.now()}"`;
    incident.sync = { state: 'pending', pending: [], since: incident.lastModifiedTimeUtc };
    setTimeout(() => {
      incident.sync = { state: 'synced', lastSeen: new Date().toISOString() };
      incident.etag = `"${incident.incidentNumber}-${Date.now()}s"`;
      tell('incident', { workspace: 'ws', number: incident.incidentNumber });
    }, 1500).unref();
  };

  const list = (q) => {
    const has = (key, value) => !q.get(key) || q.get(key).split(',').includes(value);
    const text = (q.get('q') ?? '').toLowerCase();
    const order = ['High', 'Medium', 'Low', 'Informational'];
    const all = state.incidents.filter(
      (i) => has('severity', i.severity) && (!text || `${i.title} ${i.incidentNumber} ${i.owner?.assignedTo}`.toLowerCase().includes(text)) && (!q.get('owner') || (q.get('owner') === 'none' ? !i.owner : i.owner?.userPrincipalName === q.get('owner'))) && (!q.get('product') || i.additionalData.alertProductNames.some((p) => q.get('product').includes(p))) && (q.get('redirected') || !i.redirectTo) && (!q.get('sync') || q.get('sync').split(',').includes(i.sync.state)) && (!q.get('label') || i.labels.some((l) => l.labelName === q.get('label'))),
    );
    const items = all.filter((i) => has('status', i.status));
    const sort = q.get('sort') ?? '-created';
    const value = { created: (i) => i.createdTimeUtc, modified: (i) => i.lastModifiedTimeUtc, number: (i) => i.incidentNumber, title: (i) => i.title, status: (i) => i.status, owner: (i) => i.owner?.assignedTo ?? '~', alerts: (i) => i.additionalData.alertsCount, severity: (i) => 9 - order.indexOf(i.severity) }[sort.replace('-', '')];
    items.sort((a, b) => (value(a) < value(b) ? -1 : value(a) > value(b) ? 1 : 0) * (sort.startsWith('-') ? -1 : 1));
    const offset = Number(q.get('offset') ?? 0);
    return ok({ items: items.slice(offset, offset + Number(q.get('limit') ?? 50)), total: items.length, counts: { open: all.filter((i) => i.status !== 'Closed').length, new: all.filter((i) => i.status === 'New').length, active: all.filter((i) => i.status === 'Active').length, closed: all.filter((i) => i.status === 'Closed').length } });
  };

  const change = (incident, body) => {
    if (body.etag && body.etag !== incident.etag) return fail(412, 'etag_mismatch', `Incident ${incident.incidentNumber} has changed since you opened it.`);
    if (body.status === 'Closed' && !(body.classification ?? incident.classification)) return fail(400, 'classification_required', 'Closing needs a classification.');
    const { history } = extraOf(incident);
    for (const field of ['status', 'severity', 'classification', 'classificationReason', 'classificationComment']) {
      if (body[field] === undefined) continue;
      history.unshift({ time: new Date().toISOString(), actor: 'maya', kind: 'changed', field, before: incident[field], after: body[field], origin: 'vedette' });
      incident[field] = body[field];
    }
    if (body.owner !== undefined) {
      const u = users.find((x) => x.userPrincipalName === body.owner);
      incident.owner = body.owner && { objectId: '', email: body.owner, assignedTo: u?.displayName ?? body.owner, userPrincipalName: body.owner };
    }
    for (const l of body.labels?.add ?? []) incident.labels.push({ labelName: l, labelType: 'User' });
    incident.labels = incident.labels.filter((l) => !(body.labels?.remove ?? []).includes(l.labelName));
    incident.modifiedBy = 'maya';
    touch(incident);
    tell('incident', { workspace: 'ws', number: incident.incidentNumber });
    return ok(incident);
  };

  const tasks = (incident, method, name, body) => {
    const found = incident.tasks.find((t) => t.name === name);
    if (method === 'POST') incident.tasks.push({ name: `t${Date.now()}`, status: 'New', createdBy: 'maya', createdTimeUtc: new Date().toISOString(), ...body });
    else if (!found) return fail(404, 'task_not_found', 'There is no such task.');
    else if (method === 'DELETE') incident.tasks = incident.tasks.filter((t) => t !== found);
    else Object.assign(found, body, { modifiedBy: 'maya' });
    return method === 'DELETE' ? { status: 204 } : ok(found ?? incident.tasks.at(-1));
  };

  const bulk = (body) => {
    const items = body.numbers.map((n) => {
      const incident = state.incidents.find((i) => i.incidentNumber === n);
      if (incident?.redirectTo) return { incidentNumber: n, changes: [], error: { code: 'incident_merged', message: `Incident ${n} was merged into incident ${incident.redirectNumber}; change that one.` } };
      const changes = ['status', 'severity'].filter((f) => body[f] && body[f] !== incident[f]).map((field) => ({ field, before: incident[field], after: body[field] }));
      if (!body.preview) change(incident, { ...body, etag: undefined });
      return { incidentNumber: n, changes, incident };
    });
    return ok({ items, preview: body.preview });
  };

  const entityRoutes = (rest) => {
    const all = entitiesOf(state.incidents[0]);
    if (rest === '') return ok({ items: all });
    const one = all.find((e) => `/${e.id}` === rest);
    return one ? ok({ ...one, data: { Type: 'host', HostName: 'FIN-WS-0231', OSFamily: 'Windows', DnsDomain: 'contoso.example' }, inIncidents: state.incidents.slice(0, one.incidents), inAlerts: alertsOf(state.incidents[1]) }) : fail(404, 'entity_not_found', 'There is no such entity.');
  };

  const incidentRoutes = (method, number, rest, body, q) => {
    const incident = state.incidents.find((i) => i.incidentNumber === number);
    if (!incident) return fail(404, 'incident_not_found', `There is no incident ${number} in this workspace.`);
    const extra = extraOf(incident);
    if (method === 'PATCH') return change(incident, body);
    const alerts = alertsOf(incident);
    if (rest === '') return ok({ ...incident, comments: extra.comments, alerts: alerts.slice(0, Number(q.get('alerts') ?? 1e9)), entities: entitiesOf(incident), entitiesCount: entitiesOf(incident).length });
    if (rest === '/alerts') return ok({ items: alerts.slice(Number(q.get('offset') ?? 0)).slice(0, Number(q.get('limit') ?? 100)) });
    if (rest === '/related') return ok({ items: state.incidents.filter((i) => i !== incident && i.incidentNumber % 13 === 1).map((i, n) => ({ ...i, shared: entitiesOf(i).slice(0, 1 + (n % 4)), score: 3 - n / 4 })) });
    const task = /^\/tasks\/?(.*)$/.exec(rest);
    if (task) return tasks(incident, method, task[1], body);
    if (/^\/refused\/(retry|revert)$/.test(rest)) {
      touch(incident);
      return ok(incident);
    }
    if (/^\/conflicts\/\d+\/keep$/.test(rest)) {
      extra.conflicts = [];
      incident.sync = { state: 'synced' };
      return ok(incident);
    }
    if (rest === '/entities') {
      const found = entitiesOf(incident).filter((e) => `${e.kind} ${e.label}`.toLowerCase().includes((q.get('q') ?? '').toLowerCase()));
      return ok({ items: found, total: found.length });
    }
    if (rest === '/history') return ok({ items: extra.history });
    if (rest === '/conflicts') return ok({ items: extra.conflicts });
    if (rest === '/comments') {
      const comment = { id: `c${Date.now()}`, message: body.message, author: 'maya', createdTimeUtc: new Date().toISOString(), origin: 'vedette', pending: true };
      extra.comments.push(comment);
      incident.additionalData.commentsCount = extra.comments.length;
      touch(incident);
      return ok(comment, 201);
    }
    if (/^\/conflicts\/\d+\/apply$/.test(rest)) {
      extra.conflicts[0].applied = extra.conflicts[0].applied === 'local' ? 'remote' : 'local';
      incident.status = extra.conflicts[0][extra.conflicts[0].applied].value;
      touch(incident);
      return ok(incident);
    }
    return fail(404, 'not_found', 'No such resource.');
  };

  const gallery = () => {
    const { id, kind, title, provider, description, categories, solution, stateText, components, tables } = state.detail;
    const card = (c) => ({ id: c.id, kind: 'component', title: c.name, provider: 'Microsoft', description: `Alerts of ${c.name}, on their own or through Defender XDR.`, state: c.state, stateText: c.stateText, solution: { id: 'defender-xdr', title: 'Microsoft Defender XDR', installed: true } });
    return {
      items: [{ id, kind, title, provider, description, categories, solution, state: state.detail.state, stateText, lastData: state.detail.incidents.lastSync, tables: tables.filter((t) => t.selected).length }, ...components.map(card)],
      available: [{ id: 'defender-cloud', kind: 'cloud', title: 'Microsoft Defender for Cloud', provider: 'Microsoft', description: 'Fills the incidents of Defender for Cloud with their alerts.', state: 'notConnected', stateText: 'Not connected', solution: { id: 'defender-cloud', title: 'Microsoft Defender for Cloud', installed: false } }],
    };
  };
  const componentRoute = (id, act) => {
    const cards = gallery();
    const card = [...cards.items, ...cards.available].find((c) => c.id === id);
    if (!card) return fail(404, 'connector_not_found', `There is no connector ${id}.`);
    if (act === '/disconnect') return fail(409, 'connected_through_xdr', `${card.title} is connected through Microsoft Defender XDR. Disconnect that one first.`);
    return ok({ ...card, prerequisites: [{ id: 'consent', title: 'The application may read alerts', state: 'met' }], appPermissions: [], tables: [], received: [], disconnect: { stops: ['New alerts stop arriving.'], stays: ['Alerts that are here.'] }, nextSteps: { queries: [], workbooks: [], rules: [] } });
  };
  const contentRoutes = (method, id, install) => {
    const s = state.solutions.find((x) => x.id === id);
    if (!s) return fail(404, 'solution_not_found', `There is no solution ${id}.`);
    if (method === 'DELETE' && s.installed && state.detail.state === 'connected') return fail(409, 'solution_in_use', 'The connector Microsoft Defender XDR is connected. Disconnect it first.');
    if (method === 'DELETE') Object.assign(s, { installed: false, updateAvailable: false });
    if (install) Object.assign(s, { installed: true, installedVersion: s.version, installedAt: new Date().toISOString(), installedBy: 'maya', updateAvailable: false });
    return ok(detailOf(s, install ? `${s.title} is installed: its connector is in the gallery.` : undefined));
  };
  const setUeba = (body) => {
    Object.assign(state.ueba, { enabled: body.enabled, etag: `"u${Date.now()}"` });
    for (const d of state.ueba.directories) d.selected = body.directories.includes(d.id);
    return state.ueba;
  };
  const tableRoutes = (method, name, body) => {
    const t = state.tables.find((x) => x.name === name);
    if (name === '' && method === 'GET') return ok({ items: state.tables, default: { retentionDays: 90, totalRetentionDays: 90 } });
    if (method === 'GET') return t ? ok(tableDetail(t)) : fail(404, 'table_not_found', `There is no table ${name}.`);
    return ok({ name, preview: body.preview, plan: 'Analytics', retentionDays: body.retentionDays ?? 90, totalRetentionDays: body.totalRetentionDays ?? 90, heldDays: 365, heldUntil: new Date(Date.now() + 30 * 86_400_000).toISOString(), frees: { rows: 1_200_000, bytes: 73_000_000, at: new Date(Date.now() + 30 * 86_400_000).toISOString() }, cools: { rows: 0, bytes: 0 }, warms: { rows: 0, bytes: 0 } });
  };

  const letters = ['noTime', 'notJSON', 'noTime'].map((reason, i) => ({ id: `letter-${i}`, time: new Date(Date.now() - i * 3_600_000).toISOString(), source: 'hub/insights', partition: i, position: 4711 + i, ordinal: 0, table: reason === 'noTime' ? 'DeviceEvents' : '', reason, detail: reason === 'noTime' ? 'neither Timestamp nor time is a usable time' : 'the text is not JSON: unexpected end', size: 120 + i, sha256: 'ab'.repeat(32), replayed: false }));
  const letterRoutes = (rest, body, q) => {
    const chosen = (f) => letters.filter((l) => (!f.ids || f.ids.includes(l.id)) && ['source', 'table', 'reason'].every((k) => !f[k] || l[k] === f[k]));
    if (rest === '/replay') {
      const now = chosen(body).filter((l) => !l.replayed);
      const stored = now.filter((l) => l.reason === 'noTime');
      for (const l of stored) l.replayed = true;
      return ok({ letters: now.length, stored: stored.length, rows: stored.length, stay: now.length - stored.length, cut: 0, tables: {}, more: false, trouble: now.filter((l) => !l.replayed).map(({ id, reason, detail }) => ({ id, reason, detail })) });
    }
    const one = letters.find((l) => `/${l.id}` === rest);
    if (rest) return one ? ok({ ...one, content: '{"category":"AdvancedHunting-DeviceEvents","properties":{"Timestamp":"soon","DeviceName":"fin-ws-0231"}}'.slice(0, one.size) }) : fail(404, 'letter_not_found', 'There is no such dead letter.');
    const all = chosen(Object.fromEntries(q));
    const kinds = [...new Set(all.map((l) => l.reason))].map((reason) => all.filter((l) => l.reason === reason));
    const groups = kinds.map((g) => ({ source: g[0].source, table: g[0].table, reason: g[0].reason, letters: g.length, replayed: g.filter((l) => l.replayed).length, bytes: g.reduce((n, l) => n + l.size, 0) }));
    return ok({ items: all.filter((l) => q.get('replayed') || !l.replayed), groups, total: all.length });
  };

  const completeRoutes = (method, path, body) => {
    const hour = (n) => new Date(Math.floor(Date.now() / 3_600_000 - n) * 3_600_000).toISOString();
    const row = (table, state, missing, problem = '') => ({ table, state, problem, hours: state === 'unchecked' ? 0 : 165, tenantRows: 41_200, storedRows: 41_200 - missing, missing, extra: 0, checked: state === 'unchecked' ? null : hour(5), ranges: missing ? [{ from: hour(30), to: hour(27), missing, extra: 0 }] : [] });
    if (path.startsWith('/completeness')) return ok({ from: hour(168), to: hour(3), tables: [row('DeviceEvents', 'complete', 0), row('DeviceProcessEvents', 'missing', 812), row('EmailEvents', 'unchecked', 0, 'the tenant does not know this table')] });
    if (method === 'POST') for (const table of body.tables) state.backfills.set(table, { table, from: hour(720), to: hour(0), state: 'running', problem: '', hours: 8, hoursDone: 3, rows: 305, actor: 'maya', started: hour(1), updated: hour(1), secondsLeft: 75 });
    if (method === 'DELETE') state.backfills.get(path.split('/')[2]).state = 'stopped';
    return ok({ items: [...state.backfills.values()] });
  };

  const rawRoutes = (method, path, body) => {
    const hours = (n) => new Date(Date.now() - n * 3_600_000).toISOString();
    if (method === 'PUT') state.raw = { kept: { days: body.days, maxBytes: body.maxBytes ?? 10e9, files: body.days && 3, bytes: body.days && 5_400_000, from: hours(30), changedBy: 'maya', changedAt: hours(0) }, replay: null };
    if (method === 'POST') state.raw.replay = { state: body.preview ? 'done' : 'running', preview: body.preview, from: body.from, to: hours(0), tables: body.tables, actor: 'maya', share: 0.4, messages: 5200, known: 4100, rows: 340, byTable: { AlertInfo: 40, DeviceEvents: 300 } };
    if (method === 'DELETE') state.raw.replay.state = 'stopped';
    return state.raw;
  };

  const connectorRoutes = (method, rest, body) => {
    const d = state.detail;
    const select = (names) => {
      for (const t of d.tables) t.selected = names.includes(t.name);
    };
    if (rest === '/health') return ok({ sources: [{ source: 'hub/insights', stream: 'events', state: 'amber', description: 'Partition 3 is 12 min behind.', eventsPerMinute: 490, lagSeconds: 720, hoursToLoss: 160, deadLetters: 3 }], tables: ['DeviceProcessEvents', 'DeviceImageLoadEvents', 'EmailPostDeliveryEvents'].map((table, i) => ({ table, state: i === 2 ? 'amber' : 'green', lastEvent: new Date(Date.now() - i * 60_000).toISOString(), eventsPerMinute: 490 / (i + 1), bytesPerMinute: 740_000 / (i + 1), deadLetters: i, gaps: 0, lagSeconds: i * 400, lagEvents: i * 900, hoursToLoss: i === 2 ? 160 : null, duplicates: i * 1200, dropped: i * 40, lateness: [{ upToSeconds: 60, rows: 90 }, { upToSeconds: 86_400, rows: 10 }] })) });
    const stream = d.streams.find((s) => s.id === body?.stream);
    if (stream) stream.paused = rest === '/pause' ? { by: 'maya', reason: 'paused', text: '', at: new Date().toISOString() } : null;
    if (rest === '/connect') {
      if (body.incidents) d.incidents = { enabled: true, lastSync: new Date().toISOString(), lagSeconds: 1 };
      if (body.turnOffIncidentRules) d.incidentRules.enabled = 0;
      if (body.tables) select(body.tables);
      d.state = 'connected';
    } else if (rest === '/disconnect') d.incidents = { enabled: false };
    else if (rest === '/tables') select(body.tables);
    return ok(d);
  };

  async function route(method, url, body, id) {
    const path = decodeURIComponent(url.pathname);
    if (path === '/api/session') {
      if (method === 'POST') {
        if (body.password === 'wrong') return fail(401, 'wrong_credentials', 'User name or password is wrong.');
        state.signedIn = true;
      }
      if (method === 'DELETE') state.signedIn = false;
      if (!state.signedIn) return method === 'DELETE' ? { status: 204 } : fail(401, 'unauthenticated', 'Nobody is signed in.');
      return ok({ user: { name: 'maya', role: 'Contributor', userPrincipalName: users[0].userPrincipalName }, workspaces: [{ id: 'ws', name: 'soc' }], version: '0.1.0' });
    }
    if (!state.signedIn) return fail(401, 'unauthenticated', 'Nobody is signed in.');
    if (path === '/api/kql/check') return ok({ diagnostics: check(body.query) });
    if (path === '/api/kql/complete') return ok({ start: body.position, length: 0, items: /\|\s*$/.test(body.query.slice(0, body.position)) ? [{ label: 'where', kind: 'operator', detail: 'keeps the rows for which a condition holds' }] : [] });
    if (path === '/api/kql/hover') return ok({ start: 0, length: 0, text: [] });
    if (path.startsWith('/api/queries/')) {
      state.running.get(path.slice(13))?.();
      return { status: 204 };
    }
    const m = /^\/api\/w\/[^/]+(\/.*)$/.exec(path);
    if (!m) return fail(404, 'not_found', 'No such resource.');
    const kept = /^\/preferences\/(.+)$/.exec(m[1]);
    if (kept && method === 'PUT') {
      state.preferences.set(kept[1], body.value);
      return { status: 204 };
    }
    if (kept) return ok({ value: state.preferences.get(kept[1]) ?? null });
    const open = state.incidents.filter((i) => i.status !== 'Closed');
    if (m[1] === '/overview') return ok({ incidents: { open: open.length, new: open.filter((i) => i.status === 'New').length, closedToday: 4 }, tables: state.detail.tables.filter((t) => t.rows).map((t) => ({ name: t.name, rows24h: Math.round(t.rows / 2) })), connector: { state: state.detail.state } });
    if (m[1] === '/incidents') return list(url.searchParams);
    const inc = /^\/incidents\/(\d+)(.*)$/.exec(m[1]);
    if (inc) return incidentRoutes(method, Number(inc[1]), inc[2], body, url.searchParams);
    if (m[1] === '/incidents/bulk') return bulk(body);
    if (/^\/entities(\/|$)/.test(m[1])) return entityRoutes(m[1].slice('/entities'.length));
    if (m[1] === '/users') return ok({ items: users.filter((u) => JSON.stringify(u).toLowerCase().includes((url.searchParams.get('q') ?? '').toLowerCase())) });
    if (m[1] === '/connectors') return ok(gallery());
    const component = /^\/connectors\/(?!defender-xdr)([^/]+)(\/.*)?$/.exec(m[1]);
    if (component) return componentRoute(component[1], component[2]);
    if (m[1] === '/content') return ok({ items: state.solutions });
    const content = /^\/content\/([^/]+)(\/install)?$/.exec(m[1]);
    if (content) return contentRoutes(method, content[1], content[2]);
    if (m[1] === '/hunting') return ok({ items: hunting });
    if (m[1] === '/workbooks') return ok({ items: workbooks });
    if (m[1].startsWith('/workbooks/')) return ok(workbook);
    if (m[1] === '/rules') return ok({ items: state.rules });
    if (m[1].startsWith('/rules/')) return ok(Object.assign(state.rules.find((r) => `/rules/${r.id}` === m[1]), { enabled: body.enabled, template: false }));
    if (m[1] === '/ueba') return ok(method === 'PUT' ? setUeba(body) : state.ueba);
    if (m[1] === '/ueba/check') return ok(state.ueba);
    if (m[1] === '/setup') return ok({ ...makeSetup(connected), done: connected });
    if (/^\/(completeness|backfills)/.test(m[1])) return completeRoutes(method, m[1], body);
    if (m[1].startsWith('/snapshots')) return ok({ items: [{ table: 'DeviceTvmSoftwareInventory', kind: 'state', on: true, everySeconds: 86_400, state: 'done', problem: '', time: new Date().toISOString(), parts: 1, partsDone: 1, rows: 4200 }] });
    if (m[1].startsWith('/raw')) return ok(rawRoutes(method, m[1], body));
    if (m[1].startsWith('/deadletters')) return letterRoutes(m[1].slice('/deadletters'.length), body, url.searchParams);
    if (/^\/tables(\/|$)/.test(m[1])) return tableRoutes(method, m[1].slice('/tables/'.length), body);
    if (m[1].startsWith('/connectors/defender-xdr')) return connectorRoutes(method, m[1].slice('/connectors/defender-xdr'.length), body);
    if (m[1] === '/schema') return ok({ tables: tables.map((t) => ({ name: t.name, description: t.description, columns: t.columns.map(({ name, type }) => ({ name, type })) })), functions: [{ name: 'OpenIncidents', parameters: 'lookback:timespan=7d', description: 'The newest state of every incident that is open.', query: 'SecurityIncident\n| where TimeGenerated > ago(lookback)' }] });
    if (m[1] === '/explain') return ok({ plan: 'duckdb\n  scan DeviceProcessEvents [TimeGenerated, FileName]\n  filter FileName =~ "powershell.exe"\ngo\n  take 10' });
    if (m[1] === '/query') {
      const slow = /\bslow\b/.test(body.query) ? 20_000 : 120;
      const cancelled = await new Promise((done) => {
        const timer = setTimeout(() => done(false), slow);
        state.running.set(id, () => (clearTimeout(timer), done(true)));
      });
      if (cancelled) return fail(400, 'cancelled', 'The query was cancelled.');
      const a = answer(body.query, body.maxRows);
      return a.error ? { status: 400, body: a } : ok(a);
    }
    return fail(404, 'not_found', 'No such resource.');
  }

  const server = createServer(async (req, res) => {
    const url = new URL(req.url, 'http://mock');
    if (!url.pathname.startsWith('/api/')) return serveStatic(req, res, url.pathname);
    if (url.pathname === '/api/events' && state.signedIn) {
      res.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
      res.write(': hello\n\n');
      state.streams.add(res);
      return req.on('close', () => state.streams.delete(res));
    }
    let text = '';
    for await (const chunk of req) text += chunk;
    const { status, body } = await route(req.method, url, text ? JSON.parse(text) : undefined, req.headers['x-query-id']);
    res.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
    res.end(body === undefined ? '' : JSON.stringify(body));
  });
  return { server, state, tell };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const port = Number(process.argv[2] ?? 5174);
  makeMock().server.listen(port, '127.0.0.1', () => console.log(`mock API on http://127.0.0.1:${port}`));
}
