// Reads, changes and comments through the official client; prints what it saw as one JSON object.
import { Client, PageIterator } from '@microsoft/microsoft-graph-client';

const [base, token] = process.argv.slice(2);
const client = Client.init({
  baseUrl: base,
  defaultVersion: 'v1.0',
  customHosts: new Set([new URL(base).hostname]),
  authProvider: (done) => done(null, token),
});

const seen = [];
const first = await client.api('/security/incidents').top(9).expand('alerts').header('Prefer', 'include-unknown-enum-members').get();
await new PageIterator(client, first, (i) => seen.push(i) && true).iterate();
const open = seen.find((i) => i.status === 'active' || i.status === 'inProgress');
const alerts = await client.api('/security/alerts_v2').filter(`incidentId eq '${open.id}'`).get();
const patched = await client.api(`/security/incidents/${open.id}`).patch({ status: 'resolved', classification: 'truePositive', determination: 'phishing', customTags: ['from js'] });
const comments = await client.api(`/security/incidents/${open.id}/comments`).post({ '@odata.type': 'microsoft.graph.security.alertComment', comment: 'from js' });
const hunt = await client.api('/security/runHuntingQuery').post({ Query: 'AlertInfo | count' });
let missing = null;
try {
  await client.api('/security/incidents/1').get();
} catch (e) {
  missing = { status: e.statusCode, code: e.code };
}
console.log(JSON.stringify({ ids: seen.map((i) => i.id), open: open.id, alerts: alerts.value.length, expanded: open.alerts.length, patched, comments: comments.value, hunt: hunt.results, missing }));
