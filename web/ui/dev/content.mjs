// Content, rules, people and tables for the mock server.
import { random } from './data.mjs';

const ago = (minutes) => new Date(Date.now() - minutes * 60_000).toISOString().replace('Z', '0000Z');
const kql = (t) => `${t}\n| where TimeGenerated > ago(1d)\n| summarize Events = count() by bin(TimeGenerated, 1h)`;

const rule = (id, title, severity, tactics, techniques) => ({ id, title, severity, tactics, techniques, description: `Finds ${title.toLowerCase()} and makes an incident of it.`, query: kql('DeviceProcessEvents'), queryFrequency: 'PT1H', queryPeriod: 'PT1H', enabled: false });
const rules = [
  rule('r1', 'Encoded PowerShell on a server', 'Medium', ['Execution'], ['T1059.001']),
  rule('r2', 'Shadow copies deleted', 'High', ['Impact'], ['T1490']),
  rule('r3', 'Sign-in from a new country after a phish', 'High', ['InitialAccess'], ['T1566']),
];
export const hunting = [
  ['h1', 'Rare processes under a service account', ['Execution'], ['T1569']],
  ['h2', 'Mailbox rules that forward outside', ['Collection'], ['T1114.003']],
  ['h3', 'LDAP enumeration by a workstation', ['Discovery'], ['T1087']],
].map(([id, title, tactics, techniques]) => ({ id, solution: 'defender-xdr', title, description: `Looks for ${title.toLowerCase()}.`, tactics, techniques, query: kql('DeviceProcessEvents') }));
export const workbooks = [{ id: 'incidents', solution: 'defender-xdr', title: 'Incidents over time', description: 'How many incidents come, how fast they are closed, and by whom.' }];
export const workbook = {
  ...workbooks[0],
  timespan: 'P7D',
  tiles: [
    { title: 'Incidents', visual: 'number', width: 3, query: 'SecurityIncident | count' },
    { title: 'By severity', visual: 'pie', width: 4, query: 'SecurityIncident | summarize count() by Severity' },
    { title: 'Over time', visual: 'line', width: 12, query: 'SecurityIncident | summarize count() by bin(TimeGenerated, 1h), Severity' },
    { title: 'Newest', visual: 'table', width: 6, query: 'SecurityIncident | take 10' },
  ],
};

const solution = (id, title, description, counts, installed) => ({
  id,
  contentId: `azuresentinel.azure-sentinel-solution-${id}`,
  title,
  publisher: 'Vedette',
  description,
  version: '1.1.0',
  categories: ['Security', 'Threat Protection'],
  counts: { connectors: 1, analyticsRules: 0, huntingQueries: 0, workbooks: 0, functions: 0, ...counts },
  installed,
  ...(installed ? { installedVersion: '1.0.0', installedAt: ago(9000), installedBy: 'maya', updateAvailable: true } : { updateAvailable: false }),
});
export const makeSolutions = (installed) => [
  solution('defender-xdr', 'Microsoft Defender XDR', 'The connector, rules, hunting queries, workbooks and functions for everything a Defender XDR tenant sends.', { analyticsRules: 3, huntingQueries: 3, workbooks: 1, functions: 1 }, installed),
  solution('defender-cloud', 'Microsoft Defender for Cloud', 'The tenant-based connector whose alerts fill the incidents of Defender for Cloud.', { analyticsRules: 1 }, false),
  solution('defender-identity', 'Microsoft Defender for Identity', 'Alerts of domain controllers, connected on their own or through Defender XDR.', { huntingQueries: 2 }, false),
];
export const detailOf = (s, message) => ({
  ...s,
  message,
  connectors: [{ id: s.id, title: s.title, state: s.installed ? 'connected' : 'notConnected' }],
  analyticsRules: s.id === 'defender-xdr' ? rules : [],
  huntingQueries: s.id === 'defender-xdr' ? hunting : [],
  workbooks: s.id === 'defender-xdr' ? workbooks : [],
  functions: s.id === 'defender-xdr' ? [{ name: 'OpenIncidents', parameters: 'lookback:timespan=7d', description: 'The newest state of every incident that is open.', query: 'SecurityIncident\n| summarize arg_max(LastModifiedTime, *) by IncidentNumber\n| where Status != "Closed"' }] : [],
});

export const makeRules = () => [
  ...['Microsoft Cloud App Security', 'Azure Advanced Threat Protection', 'Microsoft Defender Advanced Threat Protection'].map((p, i) => ({ id: `m${i}`, kind: 'MicrosoftSecurityIncidentCreation', name: `Create incidents based on ${p} alerts`, description: 'One incident for each alert of the product.', enabled: i === 0, template: false, productFilter: p, severitiesFilter: i === 0 ? ['High', 'Medium'] : null, displayNamesFilter: null, displayNamesExcludeFilter: null, incidents: i === 0 ? 12 : 0, lastRun: ago(4), lastResult: i === 0 ? 'incident 117' : 'nothing found', etag: `"m${i}"` })),
  { ...rules[1], name: rules[1].title, id: 's1', kind: 'Scheduled', enabled: true, template: false, solution: 'defender-xdr', lastRun: ago(20), nextRun: ago(-40), lastResult: 'The query failed: the table DeviceProcessEvent is not known. Did you mean DeviceProcessEvents?', failed: true, etag: '"s1"' },
  ...rules.map((r) => ({ ...r, name: r.title, kind: 'Scheduled', template: true, solution: 'defender-xdr' })),
];

export const makeUeba = () => ({
  enabled: true,
  directories: [
    { id: 'ActiveDirectory', title: 'Active Directory (Preview)', selected: false, state: 'off', refused: 'No sensor of Defender for Identity is healthy. Look at the sensors in the Defender portal under Settings > Identities.', sources: [{ name: 'mdi', title: 'Through Defender for Identity', state: 'off', people: 0, lastRead: null, message: '' }] },
    { id: 'AzureActiveDirectory', title: 'Microsoft Entra ID', selected: true, state: 'connected', refused: '', sources: [{ name: 'graph', title: 'Microsoft Graph', state: 'connected', people: 317, lastRead: ago(2), message: '' }] },
  ],
  dataSources: ['SigninLogs'],
  prerequisites: [
    { id: 'onboarded', title: 'The tenant is onboarded to Defender for Identity', state: 'met' },
    { id: 'sensor', title: 'A sensor is installed and healthy', state: 'notMet', remedy: 'Start the service Azure Advanced Threat Protection Sensor on DC01.', command: 'Start-Service AATPSensor' },
  ],
  baselines: { available: false, message: 'Behaviour baselines are not computed yet. What is chosen here brings people, groups and managers.' },
  changedBy: 'maya',
  changedAt: ago(400),
  etag: '"u1"',
});

export const makeSetup = (done) => ({
  done: false,
  steps: [
    { id: 'solution', title: 'Install the solution', detail: 'Microsoft Defender XDR in the Content hub', done, link: 'content/defender-xdr', command: 'vedette content install defender-xdr' },
    { id: 'prerequisites', title: 'Meet the prerequisites', detail: 'Licence, role, permissions', done, link: 'connectors/defender-xdr' },
    { id: 'incidents', title: 'Connect incidents and alerts', detail: 'Not connected yet', done: false, link: 'connectors/defender-xdr', command: 'vedette connector connect defender-xdr --incidents' },
    { id: 'entities', title: 'Connect entities', detail: 'Off', done: false, link: 'ueba' },
    { id: 'events', title: 'Connect events', detail: 'No table ticked', done: false, link: 'connectors/defender-xdr' },
    { id: 'query', title: 'Run a query', detail: 'Ask your data', done: false, link: 'logs' },
  ],
});

export function makeTables(tables) {
  const r = random(11);
  return tables.map((t, i) => {
    const rows = i % 4 === 3 ? 0 : Math.round(r() * 4e6);
    return { name: t.name, description: t.description, family: t.family, type: 'Microsoft', plan: t.name === 'CloudAppEvents' ? 'Basic' : 'Analytics', retentionDays: t.name === 'CloudAppEvents' ? 30 : 90, retentionDefault: t.name !== 'CloudAppEvents', totalRetentionDays: i % 5 === 0 ? 365 : 90, totalRetentionDefault: i % 5 !== 0, rows, bytes: rows * 61, parts: 12, coldRows: i % 5 === 0 ? rows * 2 : 0, coldBytes: i % 5 === 0 ? rows * 80 : 0, rows24h: Math.round(rows / 40), firstSeen: ago(90 * 1440), lastSeen: rows ? ago(2 + i) : '', columns: t.columns };
  });
}
export const tableDetail = (t) => ({ ...t, days: Array.from({ length: 30 }, (_, i) => ({ day: ago(i * 1440).slice(0, 10), rows: Math.round((t.rows / 30) * (0.6 + ((i * 37) % 10) / 12)), bytes: 1, coldRows: 0 })), forecast: { rowsPerDay: t.rows / 30, bytesPerDay: (t.rows / 30) * 61, bytesFull: t.rows * 190 } });
