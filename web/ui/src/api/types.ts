/** The shapes of the server's /api resources, as they travel. */

export type Role = 'Reader' | 'Responder' | 'Contributor' | 'Owner';

export interface User {
  name: string;
  role: Role | string;
  /** Directory name of the person, when the account has one; "assign to me" uses it. */
  userPrincipalName?: string;
}

export interface Workspace {
  id: string;
  name: string;
}

export interface Session {
  user: User;
  workspaces: Workspace[];
  version: string;
}

export type ConnectionState = 'notConnected' | 'connecting' | 'connected' | 'degraded' | 'error' | 'connectedThroughXDR';

export interface Overview {
  incidents: { open: number; new: number; closedToday: number };
  tables: { name: string; rows24h: number }[];
  connector: { state: ConnectionState };
}

export type Severity = 'High' | 'Medium' | 'Low' | 'Informational';
export type IncidentStatus = 'New' | 'Active' | 'Closed';
export type SyncState = 'synced' | 'pending' | 'sent' | 'conflict' | 'rejected' | 'notSent' | 'local';

export interface Owner {
  objectId: string;
  email: string;
  assignedTo: string;
  userPrincipalName: string;
}

export interface Label {
  labelName: string;
  labelType: string;
}

export interface Sync {
  state: SyncState;
  pending?: string[];
  since?: string;
  attempts?: number;
  lastError?: string;
  lastSeen?: string;
  /** How far every edit made here is; of those the tenant took, the last one of each field. */
  edits?: SyncEdit[];
}

/** One edit on its way to the tenant. */
export interface SyncEdit {
  field: string;
  state: SyncState;
  actor?: string;
  since?: string;
  sent?: string;
  settled?: string;
  /** The tenant's, when it refused. */
  reason?: string;
}

export interface Task {
  name: string;
  title: string;
  description?: string;
  status: 'New' | 'Completed';
  createdBy: string;
  createdTimeUtc: string;
  modifiedBy?: string;
  lastModifiedTimeUtc: string;
}

export interface Incident {
  name: string;
  incidentNumber: number;
  providerIncidentId: string;
  providerName: string;
  title: string;
  description: string;
  severity: Severity;
  status: IncidentStatus;
  classification: string;
  classificationReason: string;
  classificationComment: string;
  owner: Owner | null;
  labels: Label[] | null;
  createdTimeUtc: string;
  lastModifiedTimeUtc: string;
  firstActivityTimeUtc: string;
  lastActivityTimeUtc: string;
  closedTimeUtc?: string | null;
  additionalData: {
    alertsCount: number;
    commentsCount: number;
    alertProductNames: string[] | null;
    tactics: string[] | null;
    providerIncidentUrl?: string;
  };
  redirectTo?: string;
  /** Number here of the incident this one was merged into; absent while it is not here. */
  redirectNumber?: number;
  summary?: string;
  determination?: string;
  tasks?: Task[];
  emptyReason?: string;
  modifiedBy: string;
  sync: Sync;
  etag: string;
}

export interface EntityRef {
  /** In the workspace's index of entities; absent while it is not indexed. */
  id?: number;
  kind: string;
  label: string;
  alerts: number;
  /** Incidents of the whole workspace. */
  incidents?: number;
  firstSeen?: string;
  lastSeen?: string;
  data?: Record<string, unknown>;
  /** KQL that shows the entity's events. */
  query?: string;
}

export interface Alert {
  id: string;
  systemAlertId: string;
  title: string;
  severity: Severity;
  status: string;
  category: string;
  productName: string;
  createdTimeUtc: string;
  firstActivityTimeUtc: string;
  lastActivityTimeUtc: string;
  tactics: string[] | null;
  techniques: string[] | null;
  url?: string;
  description?: string;
  entities: ({ kind: string; label: string } & Record<string, unknown>)[] | null;
}

export interface IncidentComment {
  id: string;
  message: string;
  author: string;
  createdTimeUtc: string;
  origin: string;
  pending?: boolean;
  /** Why the tenant refused it. */
  reason?: string;
  /** Number of the incident it was written to, when that one was merged into this one. */
  from?: number;
}

/** An incident that shares entities with another one. */
export interface RelatedIncident extends Incident {
  shared: EntityRef[];
  score: number;
}

/** An entity with everything that tells of it. */
export interface EntityDetail extends EntityRef {
  inIncidents: Incident[];
  inAlerts: Alert[];
}

export interface IncidentDetail extends Incident {
  comments: IncidentComment[] | null;
  alerts: Alert[] | null;
  /** The first of them; entitiesCount says how many there are. */
  entities: EntityRef[] | null;
  entitiesCount: number;
}

export interface IncidentPage {
  items: Incident[] | null;
  total: number;
  counts: { open: number; new: number; active: number; closed: number };
}

export interface Activity {
  time: string;
  actor: string;
  kind: string;
  field?: string;
  before?: string;
  after?: string;
  origin: string;
  note?: string;
}

export interface SideValue {
  value: string;
  actor: string;
  time: string;
}

export interface ConflictRecord {
  id: number;
  incidentNumber: number;
  field: string;
  base: string;
  local: SideValue;
  remote: SideValue;
  applied: 'local' | 'remote';
  time: string;
  /** When somebody let it stand or applied the other value. */
  settled?: string;
  settledBy?: string;
  /** Why, when it was not a conflict of values: merged, rejected, notStored. */
  note?: string;
}

/** What a person changes on an incident; absent fields stay as they are. */
export interface IncidentChange {
  status?: IncidentStatus;
  severity?: Severity;
  owner?: string | null;
  classification?: string;
  classificationReason?: string;
  classificationComment?: string;
  labels?: { add?: string[]; remove?: string[] };
}

/** What a bulk change does, or would do, to one incident. */
export interface BulkResult {
  incidentNumber: number;
  changes: { field: string; before: string; after: string }[];
  incident?: Incident;
  error?: { code: string; message: string };
}

export interface DirectoryUser {
  userPrincipalName: string;
  displayName: string;
}

/** A connector in the gallery. */
export interface ConnectorCard {
  id: string;
  /** xdr: the whole tenant; component: one product; cloud: Defender for Cloud. */
  kind: 'xdr' | 'component' | 'cloud';
  title: string;
  provider: string;
  description: string;
  categories?: string[] | null;
  solution?: { id: string; title: string; installed: boolean } | null;
  state: ConnectionState;
  /** The state in words. */
  stateText?: string;
  lastData?: string | null;
  /** How many are ticked. */
  tables?: number | null;
}

export interface ConnectorGallery {
  items: ConnectorCard[] | null;
  /** Those whose solution is not installed yet. */
  available?: ConnectorCard[] | null;
}

export interface Prerequisite {
  id: string;
  title: string;
  state: 'met' | 'notMet' | 'unknown';
  remedy?: string;
  /** To copy; often absent. */
  command?: string;
}

export interface ConnectorTable {
  name: string;
  family: string;
  selected: boolean;
  /** Not known before: its columns were inferred, and it is stored without being ticked. */
  new?: boolean;
  exported: boolean | null;
  lastSeen?: string | null;
  rows: number;
  rows24h?: number;
  bytes?: number;
  retentionDays?: number;
  lagSeconds?: number | null;
}

export interface HealthReport {
  component: string;
  status: 'Success' | 'Warning' | 'Failure';
  reason: string;
  description: string;
  time: string;
}

/** A connector's page; parts that a kind does not have are absent. */
export interface ConnectorDetail extends ConnectorCardBase {
  /** What is wrong, or what the last change did. */
  message?: string;
  connectedBy?: string;
  connectedAt?: string;
  prerequisites: Prerequisite[] | null;
  appPermissions?: Prerequisite[] | null;
  checkedAt?: string;
  incidents?: { enabled: boolean; lastSync?: string | null; lagSeconds?: number | null } | null;
  incidentRules?: { enabled: number; total: number } | null;
  components?: { id: string; name: string; state: ConnectionState; stateText?: string }[] | null;
  streams?: { id: string; title: string; state: string; paused?: { by: string; at: string; reason: string; text: string } | null }[] | null;
  tables: ConnectorTable[] | null;
  exportGuide?: { title: string; path: string; steps: string[] | null; needs: string } | null;
  received: { table: string; points: { time: string; rows: number }[] | null }[] | null;
  skipped?: { table: string; count: number }[] | null;
  health?: HealthReport[] | null;
  clouds?: CloudSupport[] | null;
  /** What a disconnection stops and keeps. */
  disconnect?: { stops: string[] | null; stays: string[] | null } | null;
  nextSteps?: {
    queries: SampleQuery[] | null;
    workbooks: { id: string; title: string }[] | null;
    rules: { id: string; title: string; enabled: boolean }[] | null;
  } | null;
}

type ConnectorCardBase = Omit<ConnectorCard, 'tables'>;

/** What a cloud has of a connector. */
export interface CloudSupport {
  cloud: string;
  title: string;
  current: boolean;
  available: string[] | null;
  missing: string[] | null;
}

export interface SampleQuery {
  title: string;
  query: string;
}

export interface SchemaTable {
  name: string;
  description?: string;
  columns: { name: string; type: string }[];
}

export interface SchemaFunction {
  name: string;
  /** As KQL writes them: "lookback:timespan=7d". */
  parameters?: string;
  description?: string;
  query?: string;
}

export interface WorkspaceSchema {
  tables: SchemaTable[];
  functions: SchemaFunction[] | null;
}

export interface Diagnostic {
  code: string;
  severity: string;
  message: string;
  /** Offsets count UTF-8 bytes of the query's text. */
  start: number;
  length: number;
  line: number;
  column: number;
  fix?: string;
}

export interface ResultColumn {
  name: string;
  type: string;
}

export interface ResultTable {
  name: string;
  columns: ResultColumn[];
  rows: unknown[][];
}

export interface QueryResult {
  tables: ResultTable[];
  render?: { visualization: string; properties?: Record<string, unknown> | null } | null;
  stats: { ms: number; rows: number; engine: string; scannedRows?: number };
  error?: { code: string; message: string; diagnostics?: Diagnostic[] } | null;
}
