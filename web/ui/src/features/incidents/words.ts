import type { Incident, Owner } from '../../api/types';
import { spaced } from '../../ui/format';

export { productName, products } from '../../ui/products';

/** One way to close an incident: classification and reason belong together. */
export interface Closing {
  value: string;
  classification: string;
  reason: string;
  label: string;
}

export const closings: Closing[] = [
  { value: 'TP', classification: 'TruePositive', reason: 'SuspiciousActivity', label: 'True positive – suspicious activity' },
  { value: 'BP', classification: 'BenignPositive', reason: 'SuspiciousButExpected', label: 'Benign positive – suspicious but expected' },
  { value: 'FPL', classification: 'FalsePositive', reason: 'IncorrectAlertLogic', label: 'False positive – incorrect alert logic' },
  { value: 'FPD', classification: 'FalsePositive', reason: 'InaccurateData', label: 'False positive – inaccurate data' },
  { value: 'U', classification: 'Undetermined', reason: '', label: 'Undetermined' },
];

/** The closing an incident has; undefined while nothing is decided. */
export function closingOf(incident: Pick<Incident, 'classification' | 'classificationReason'>): Closing | undefined {
  if (!incident.classification || incident.classification === 'Undetermined') return undefined;
  return (
    closings.find((c) => c.classification === incident.classification && c.reason === incident.classificationReason) ??
    closings.find((c) => c.classification === incident.classification)
  );
}

/** The closing with that value. */
export const closingByValue = (value: string) => closings.find((c) => c.value === value);

/** Who works on an incident, as people say it. */
export function ownerName(owner: Owner | null | undefined): string {
  return owner?.assignedTo || owner?.userPrincipalName || owner?.email || '';
}

const fieldNames: Record<string, string> = {
  status: 'Status',
  severity: 'Severity',
  owner: 'Owner',
  classification: 'Classification',
  classificationReason: 'Reason',
  classificationComment: 'Closing comment',
  disposition: 'Status and classification',
  labels: 'Tags',
  tags: 'Tags',
  comments: 'Comments',
  redirect: 'Merge',
  title: 'Title',
  description: 'Description',
  comment: 'Comment',
};

/** The name of an incident's field on the pages. */
export const fieldName = (field: string) => fieldNames[field] ?? spaced(field);

/** Where a change was made. */
export const originName = (origin: string) => (/defender|remote|xdr/i.test(origin) ? 'Defender' : /vedette|local/i.test(origin) ? 'Vedette' : origin);

/** An incident's name in messages. */
export const incidentName = (incident: Pick<Incident, 'incidentNumber'>) => `Incident ${incident.incidentNumber}`;

/** KQL that shows an incident's own rows, newest first. */
export const incidentKql = (n: number) =>
  `SecurityIncident\n| where IncidentNumber == ${n}\n| sort by LastModifiedTime desc`;

const quote = (value: string) => `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

/** KQL that shows the rows of an alert. */
export const alertKql = (systemAlertId: string) =>
  `SecurityAlert\n| where SystemAlertId == ${quote(systemAlertId)}\n| summarize arg_max(TimeGenerated, *) by SystemAlertId`;

/** KQL that shows the alerts of an incident, however many there are. */
export const incidentAlertsKql = (n: number) =>
  `let ids = SecurityIncident\n| where IncidentNumber == ${n}\n| summarize arg_max(LastModifiedTime, *) by IncidentNumber\n| mv-expand AlertId = AlertIds to typeof(string)\n| project AlertId;\nSecurityAlert\n| where SystemAlertId in (ids)\n| summarize arg_max(TimeGenerated, *) by SystemAlertId\n| project StartTime, AlertName, AlertSeverity, Status, ProductName, CompromisedEntity, Entities`;

/** KQL that joins an alert's evidence with the raw events it tells of; undefined when the tenant's id is not known. */
export const alertEventsKql = (alert: { id: string }) =>
  alert.id === ''
    ? undefined
    : `AlertEvidence\n| where AlertId == ${quote(alert.id)}\n| project EvidenceTime = TimeGenerated, EntityType, EvidenceRole, DeviceId, DeviceName, AccountUpn, FileName, SHA1, RemoteIP, RemoteUrl, NetworkMessageId\n| join kind=leftouter (\n    union withsource=Event DeviceProcessEvents, DeviceNetworkEvents, DeviceFileEvents, DeviceLogonEvents, DeviceEvents\n    | project EventTime = TimeGenerated, Event, ActionType, DeviceId, InitiatingProcessFileName, InitiatingProcessCommandLine, ProcessCommandLine, EventFile = FileName, EventRemoteIP = RemoteIP\n  ) on DeviceId\n| where isnull(EventTime) or abs(EventTime - EvidenceTime) < 1h\n| sort by EventTime asc`;

/** Moments around an incident's activity, for the time range of its queries: a day before to a day after. */
export function timeAround(first: string, last: string): string {
  const day = 86_400_000;
  const from = Date.parse(first);
  const to = Date.parse(last);
  if (Number.isNaN(from) || Number.isNaN(to) || first.startsWith('0001-')) return 'P7D';
  return `${new Date(from - day).toISOString()}/${new Date(to + day).toISOString()}`;
}
