// Believable data for the mock server: the same on every start, relative to now.
import { readdirSync, readFileSync } from 'node:fs';

const tablesDir = new URL('../../../data/tables/', import.meta.url);

/** A small seeded generator, so that pictures and journeys are the same each time. */
export function random(seed) {
  let s = seed >>> 0;
  return () => {
    s = (s + 0x6d2b79f5) >>> 0;
    let t = Math.imul(s ^ (s >>> 15), 1 | s);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export const tables = readdirSync(tablesDir)
  .filter((f) => f.endsWith('.json'))
  .map((f) => JSON.parse(readFileSync(new URL(f, tablesDir), 'utf8')))
  .sort((a, b) => a.name.localeCompare(b.name));

const ago = (minutes) => new Date(Date.now() - minutes * 60_000).toISOString().replace('Z', '0000Z');

export const users = [
  ['maya.lindqvist@contoso.example', 'Maya Lindqvist'],
  ['jonas.okafor@contoso.example', 'Jonas Okafor'],
  ['priya.raman@contoso.example', 'Priya Raman'],
  ['luca.ferrante@contoso.example', 'Luca Ferrante'],
  ['soc.oncall@contoso.example', 'SOC on call'],
].map(([userPrincipalName, displayName]) => ({ userPrincipalName, displayName }));

const stories = [
  ['Multi-stage incident involving Initial access & Lateral movement on multiple endpoints', 'High', ['Microsoft Defender for Endpoint', 'Microsoft Defender for Office 365'], ['InitialAccess', 'LateralMovement', 'CredentialAccess'], 9],
  ['Human-operated ransomware: pre-ransomware activity on FIN-WS-0231', 'High', ['Microsoft Defender for Endpoint'], ['Impact', 'DefenseEvasion'], 6],
  ['Password spray against 41 accounts', 'Medium', ['Microsoft Defender for Identity', 'Microsoft Defender for Cloud Apps'], ['CredentialAccess'], 3],
  ['Suspicious inbox forwarding rule on one account', 'Medium', ['Microsoft Defender for Cloud Apps'], ['Collection', 'Exfiltration'], 1],
  ['Email messages containing phish URLs removed after delivery', 'Informational', ['Microsoft Defender for Office 365'], ['InitialAccess'], 1],
  ['Malicious OAuth app consented by 3 users', 'High', ['Microsoft Defender for Cloud Apps'], ['Persistence', 'InitialAccess'], 4],
  ['Possible crypto-mining on aks-build-04', 'Medium', ['Microsoft Defender for Cloud'], ['Impact', 'Execution'], 2],
  ['Unfamiliar sign-in properties involving one user', 'Low', ['Microsoft Entra ID Protection'], ['InitialAccess'], 1],
  ['DLP policy (Payment card data) matched for a document', 'Low', ['Microsoft Purview Data Loss Prevention'], ['Exfiltration'], 1],
  ['Suspected DCSync attack (replication of directory services)', 'High', ['Microsoft Defender for Identity'], ['CredentialAccess', 'Persistence'], 2],
  ['Suspicious PowerShell command line on ENG-LT-0087', 'Medium', ['Microsoft Defender for Endpoint'], ['Execution'], 2],
  ['Unwanted software detected on one endpoint', 'Informational', ['Microsoft Defender for Endpoint'], ['SuspiciousActivity'], 1],
];

const r = random(7);
const pick = (list) => list[Math.floor(r() * list.length)];
const owner = (u) => ({ objectId: '8b1c2f4e-0000-4000-8000-000000000001', email: u.userPrincipalName, assignedTo: u.displayName, userPrincipalName: u.userPrincipalName });
const sync = (state, more = {}) => ({ state, lastSeen: ago(3), ...more });

const task = (name, title, status) => ({ name, title, status, createdBy: 'Maya Lindqvist', createdTimeUtc: ago(35), modifiedBy: status === 'Completed' ? 'Jonas Okafor' : '', lastModifiedTimeUtc: ago(12) });

function makeIncident(i, total) {
  const story = stories[i % stories.length];
  const age = Math.round(12 + i * i * 0.9 + r() * 40);
  const closed = i > 40 && r() < 0.7;
  const status = closed ? 'Closed' : i < 3 || r() < 0.45 ? 'New' : 'Active';
  const taken = status !== 'New' || r() < 0.2;
  const number = total - i;
  return {
    name: `6f1d2c3b-4a59-4e00-9d10-${String(number).padStart(12, '0')}`,
    incidentNumber: number,
    providerIncidentId: String(20400 + number),
    providerName: 'Microsoft XDR',
    title: story[0],
    description: '',
    severity: story[1],
    status,
    classification: closed ? 'TruePositive' : 'Undetermined',
    classificationReason: closed ? 'SuspiciousActivity' : '',
    classificationComment: closed ? 'Contained; account reset and device isolated.' : '',
    owner: taken ? owner(pick(users)) : null,
    labels: i % 7 === 0 ? [{ labelName: 'Ransomware', labelType: 'User' }, { labelName: 'Crown jewels', labelType: 'User' }] : i % 5 === 0 ? [{ labelName: 'Needs review', labelType: 'User' }] : [],
    createdTimeUtc: ago(age),
    lastModifiedTimeUtc: ago(Math.round(age * 0.3)),
    firstActivityTimeUtc: ago(age + 55),
    lastActivityTimeUtc: ago(Math.round(age * 0.6)),
    closedTimeUtc: closed ? ago(Math.round(age * 0.3)) : null,
    additionalData: {
      alertsCount: i === 6 || i === 11 ? 0 : i === 0 ? 137 : story[4],
      commentsCount: 0,
      alertProductNames: story[2],
      tactics: story[3],
      providerIncidentUrl: `https://security.microsoft.com/incident2/${20400 + number}/overview`,
    },
    redirectTo: '',
    emptyReason: '',
    modifiedBy: 'Microsoft XDR',
    sync: i === 1 ? sync('conflict') : i === 4 ? sync('pending', { pending: ['owner'], since: ago(1), attempts: 1 }) : i === 8 ? sync('rejected', { pending: ['severity'], attempts: 3, edits: [{ field: 'severity', state: 'rejected', actor: 'Maya Lindqvist', since: ago(30), sent: ago(29), settled: ago(29), reason: 'The severity of a DLP incident cannot be changed.' }, { field: 'owner', state: 'synced', actor: 'Maya Lindqvist', since: ago(50), settled: ago(49) }] }) : sync('synced'),
    etag: `"${number}-1"`,
    tasks: i === 0 ? [task('t1', 'Call the user and confirm the sign-in', 'New'), task('t2', 'Isolate FIN-WS-0231', 'Completed')] : [],
    ...(i === 11 ? { redirectTo: '20519', redirectNumber: 119, emptyReason: 'This incident was merged into incident 20519 of the tenant; its alerts are there.' } : {}),
    ...(i === 6 ? { emptyReason: 'Alerts of Microsoft Defender for Cloud are not shown until its own connector is connected.' } : {}),
  };
}

export const incidents = Array.from({ length: 120 }, (_, i) => makeIncident(i, 120));

const titles = [
  ['Suspicious URL clicked', 'InitialAccess', 'T1566.002', 'Microsoft Defender for Office 365'],
  ['Suspicious process injection observed', 'DefenseEvasion', 'T1055', 'Microsoft Defender for Endpoint'],
  ['Credential dumping activity: LSASS memory read', 'CredentialAccess', 'T1003.001', 'Microsoft Defender for Endpoint'],
  ['Suspected identity theft (pass-the-ticket)', 'LateralMovement', 'T1550.003', 'Microsoft Defender for Identity'],
  ['Suspicious remote service creation', 'LateralMovement', 'T1021.002', 'Microsoft Defender for Endpoint'],
  ['Shadow copies deleted', 'Impact', 'T1490', 'Microsoft Defender for Endpoint'],
];

export function alertsOf(incident) {
  const start = Date.parse(incident.firstActivityTimeUtc);
  return Array.from({ length: incident.additionalData.alertsCount }, (_, i) => {
    const t = titles[(i + incident.incidentNumber) % titles.length];
    const at = new Date(start + i * 7 * 60_000).toISOString();
    return {
      id: `da${incident.incidentNumber}0${i}`,
      systemAlertId: `a1b2c3d4-0000-4000-9000-${String(incident.incidentNumber * 10 + i).padStart(12, '0')}`,
      title: i === 0 && incident.additionalData.alertsCount === 1 ? incident.title : t[0],
      severity: i % 3 === 0 ? incident.severity : 'Medium',
      status: incident.status === 'Closed' ? 'Resolved' : i % 2 ? 'InProgress' : 'New',
      category: t[1],
      productName: incident.additionalData.alertProductNames[i % incident.additionalData.alertProductNames.length],
      createdTimeUtc: new Date(start + i * 7 * 60_000 + 140_000).toISOString(),
      firstActivityTimeUtc: at,
      lastActivityTimeUtc: new Date(start + i * 7 * 60_000 + 90_000).toISOString(),
      tactics: [t[1]],
      techniques: [t[2]],
      url: `https://security.microsoft.com/alerts/da${incident.incidentNumber}0${i}`,
      description: 'A process read memory of another process in a way that is common for credential theft tools.',
      entities: [
        { kind: 'Host', label: 'FIN-WS-0231', HostName: 'FIN-WS-0231', OSFamily: 'Windows' },
        { kind: 'Account', label: 'contoso\\h.brandt', Name: 'h.brandt', NTDomain: 'contoso' },
        { kind: 'Process', label: 'powershell.exe (7412)', ProcessId: '7412', CommandLine: 'powershell.exe -nop -w hidden -enc SQBFAFgA' },
      ],
    };
  });
}

export const entitiesOf = (incident) => [
  { id: 1, incidents: 7, firstSeen: ago(9000), lastSeen: ago(14), kind: 'Account', label: 'contoso\\h.brandt', alerts: incident.additionalData.alertsCount, query: 'DeviceLogonEvents\n| where AccountName == "h.brandt"\n| summarize count() by DeviceName, LogonType' },
  { id: 2, incidents: 6, firstSeen: ago(9000), lastSeen: ago(14), kind: 'Host', label: 'FIN-WS-0231', alerts: Math.max(1, incident.additionalData.alertsCount - 1), query: 'DeviceProcessEvents\n| where DeviceName startswith "fin-ws-0231"\n| project TimeGenerated, FileName, ProcessCommandLine, AccountName' },
  { id: 3, incidents: 5, firstSeen: ago(9000), lastSeen: ago(14), kind: 'IP', label: '185.220.101.34', alerts: 2, query: 'DeviceNetworkEvents\n| where RemoteIP == "185.220.101.34"' },
  { id: 4, incidents: 4, firstSeen: ago(9000), lastSeen: ago(14), kind: 'File', label: 'invoice_0923.iso', alerts: 1, query: 'DeviceFileEvents\n| where FileName =~ "invoice_0923.iso"' },
  { id: 5, incidents: 3, firstSeen: ago(9000), lastSeen: ago(14), kind: 'Mailbox', label: 'h.brandt@contoso.example', alerts: 1, query: 'EmailEvents\n| where RecipientEmailAddress =~ "h.brandt@contoso.example"' },
  { id: 6, incidents: 2, firstSeen: ago(9000), lastSeen: ago(14), kind: 'URL', label: 'https://login-contoso.example.net/auth', alerts: 1, query: 'UrlClickEvents\n| where Url has "login-contoso.example.net"' },
];

export const commentsOf = (incident) =>
  incident.incidentNumber % 3 === 0 || incident.incidentNumber === 120
    ? [
        { id: 'c1', message: 'User confirms the mail was opened on Monday. Session tokens revoked.', author: 'Maya Lindqvist', createdTimeUtc: ago(42), origin: 'vedette' },
        { id: 'c2', message: 'Device isolated from the network.', author: 'j.okafor@contoso.example', createdTimeUtc: ago(20), origin: 'defender' },
      ]
    : [];

export const historyOf = (incident) => [
  { time: ago(3), actor: 'Maya Lindqvist', kind: 'changed', field: 'owner', before: '', after: 'maya.lindqvist@contoso.example', origin: 'vedette' },
  { time: ago(9), actor: 'Vedette', kind: 'sent', field: 'owner', before: '', after: 'maya.lindqvist@contoso.example', origin: 'vedette' },
  { time: ago(11), actor: 'Automated investigation', kind: 'changed', field: 'status', before: 'New', after: 'Active', origin: 'defender' },
  { time: ago(15), actor: 'Microsoft XDR', kind: 'alert', after: 'Credential dumping activity: LSASS memory read', origin: 'defender', note: 'Alert added' },
  { time: incident.createdTimeUtc, actor: 'Microsoft XDR', kind: 'created', after: incident.title, origin: 'defender' },
];

export const conflictsOf = (incident) =>
  incident.sync.state === 'conflict'
    ? [{ id: 31, incidentNumber: incident.incidentNumber, field: 'status', base: 'New', local: { value: 'Active', actor: 'Maya Lindqvist', time: ago(14) }, remote: { value: 'Closed', actor: 'Automated investigation', time: ago(11) }, applied: 'local', time: ago(10) }]
    : [];

const streamed = tables.filter((t) => t.streamed);
const received = (name, i) => {
  const g = random(name.length * 31 + i);
  const size = [4200, 900, 160, 40][i % 4];
  return Array.from({ length: 48 }, (_, h) => ({ time: ago((47 - h) * 60), rows: Math.round(size * (0.5 + 0.5 * Math.sin(h / 4) ** 2 + g() * 0.4)) }));
};

export function connectorDetail() {
  const on = streamed.filter((t) => !/Image|Certificate|Identity(Query|Directory)/.test(t.name)).map((t) => t.name);
  return {
    id: 'defender-xdr',
    kind: 'xdr',
    title: 'Microsoft Defender XDR',
    provider: 'Microsoft',
    description: 'Incidents, alerts, entities and raw hunting events of a Defender XDR tenant, with incidents kept in step both ways.',
    categories: ['Security', 'Identity'],
    solution: { id: 'defender-xdr', title: 'Microsoft Defender XDR', installed: true },
    state: 'connected',
    stateText: 'Connected',
    message: '',
    connectedBy: 'maya',
    connectedAt: ago(9000),
    checkedAt: ago(3),
    appPermissions: [
      { id: 'hunting', title: 'ThreatHunting.Read.All', state: 'met' },
      { id: 'sensors', title: 'SecurityIdentitiesSensors.Read.All', state: 'notMet', remedy: 'Grant the application permission and give admin consent.', command: 'az ad app permission add --id 11111111-2222-4333-8444-555555555555 --api 00000003-0000-0000-c000-000000000000 --api-permissions 5f0ffea2-f474-4cf2-9834-61cda2bcea5c=Role' },
    ],
    exportGuide: { title: 'Where to turn the export on', path: 'security.microsoft.com > Settings > Microsoft Defender XDR > Streaming API > Add', steps: ['Name the export and choose Forward events to Event Hub.', 'Tick the event types you ticked here.'], needs: 'Global Administrator or Security Administrator' },
    clouds: [
      { cloud: 'public', title: 'Azure commercial', current: true, available: ['Incidents', 'Alerts', 'All tables'], missing: [] },
      { cloud: 'usgov', title: 'US Government GCC', current: false, available: ['Incidents', 'Alerts'], missing: ['CloudAppEvents'] },
    ],
    disconnect: { stops: ['New incidents stop arriving.', 'Changes made here are no longer sent to Defender.'], stays: ['Everything that is here already.', 'The ticked tables.'] },
    streams: [
      { id: 'incidents', title: 'Incidents', state: 'connected' },
      { id: 'writeback', title: 'Changes sent to the tenant', state: 'connected' },
      { id: 'events', title: 'Raw events', state: 'degraded' },
    ],
    prerequisites: [
      { id: 'tenant', title: 'The tenant answers and the credential is valid', state: 'met', remedy: '' },
      { id: 'incidents-read', title: 'Permission SecurityIncident.ReadWrite.All', state: 'met', remedy: '' },
      { id: 'alerts-read', title: 'Permission SecurityAlert.Read.All', state: 'met', remedy: '' },
      { id: 'identity', title: 'Defender for Identity has a healthy sensor', state: 'unknown', remedy: 'Vedette cannot look: grant the application permission SecurityIdentitiesSensors.Read.All, then check again.' },
      { id: 'hub', title: 'The event hub receives every ticked table', state: 'notMet', remedy: 'In the Defender portal open Settings > Microsoft Defender XDR > Streaming API and tick IdentityQueryEvents for insights-logs-advancedhunting.' },
    ],
    components: [
      { id: 'defender-endpoint', name: 'Microsoft Defender for Endpoint', state: 'connectedThroughXDR', stateText: 'Connected through Microsoft Defender XDR' },
      { id: 'defender-identity', name: 'Microsoft Defender for Identity', state: 'connectedThroughXDR', stateText: 'Connected through Microsoft Defender XDR' },
    ],
    incidents: { enabled: true, lastSync: ago(0.4), lagSeconds: 21 },
    tables: streamed.map((t, i) => ({ name: t.name, family: t.family, selected: on.includes(t.name), exported: !/IdentityQuery|Certificate/.test(t.name), lastSeen: on.includes(t.name) ? ago(2 + i) : null, rows: on.includes(t.name) ? 120000 - i * 3777 : 0, lagSeconds: on.includes(t.name) ? 95 + i * 13 : null })),
    received: streamed.filter((t) => on.includes(t.name)).map((t, i) => ({ table: t.name, points: received(t.name, i) })),
    skipped: [{ table: 'DeviceTvmInfoGathering', count: 1204 }],
    health: [
      { component: 'connector/defender-xdr/incidents', status: 'Success', reason: 'polling', description: 'Incidents are read every 30 s.', time: ago(340) },
      { component: 'connector/defender-xdr/eventhub', status: 'Warning', reason: 'lag_high', description: 'Partition 3 of insights-logs-advancedhunting is 12 min behind. It catches up; nothing to do unless it grows.', time: ago(8) },
    ],
    incidentRules: { enabled: 2, total: 5 },
    nextSteps: { queries: [
      { title: 'All logs of processes started in the last hour', query: 'DeviceProcessEvents\n| where TimeGenerated > ago(1h)\n| project TimeGenerated, DeviceName, FileName, ProcessCommandLine, AccountName' },
      { title: 'Rows per table over time', query: 'union withsource=Table Device*\n| summarize Rows = count() by bin(TimeGenerated, 1h), Table\n| render timechart' },
      { title: 'Open incidents by severity', query: 'SecurityIncident\n| summarize arg_max(LastModifiedTime, *) by IncidentNumber\n| where Status != "Closed"\n| summarize Incidents = count() by Severity\n| render piechart' },
    ], workbooks: [{ id: 'incidents', title: 'Incidents over time' }], rules: [{ id: 'r1', title: 'Encoded PowerShell on a server', enabled: false }] },
  };
}
