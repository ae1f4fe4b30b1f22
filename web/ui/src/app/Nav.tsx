import { Tooltip } from '@fluentui/react-components';
import {
  BoxMultipleFilled,
  BoxMultipleRegular,
  ClipboardTaskListLtrFilled,
  ClipboardTaskListLtrRegular,
  DataBarVerticalFilled,
  DataBarVerticalRegular,
  DocumentSearchFilled,
  DocumentSearchRegular,
  HomeFilled,
  HomeRegular,
  MailErrorFilled,
  MailErrorRegular,
  NavigationRegular,
  PeopleSearchFilled,
  PeopleSearchRegular,
  PersonSettingsFilled,
  PersonSettingsRegular,
  PlugConnectedFilled,
  PlugConnectedRegular,
  ShieldErrorFilled,
  ShieldErrorRegular,
  TableFilled,
  TableRegular,
  TargetFilled,
  TargetRegular,
  TextBulletListSquareFilled,
  TextBulletListSquareRegular,
} from '@fluentui/react-icons';
import { useQuery } from '@tanstack/react-query';
import { Link, useLocation } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { overviewQuery } from '../api/resources';
import { formatCount } from '../ui/format';
import { useStored } from '../ui/stored';
import { useWorkspace } from './session';
import styles from './Nav.module.css';

interface Place {
  label: string;
  path: string;
  icon: ReactElement;
  activeIcon: ReactElement;
  count?: number;
}

/** The navigation on the left, grouped as the people who come from Sentinel know it. */
export function Nav() {
  const workspace = useWorkspace();
  const [narrow, setNarrow] = useStored('nav.narrow', false);
  const overview = useQuery(overviewQuery(workspace.name));
  const groups: { title: string; places: Place[] }[] = [
    {
      title: 'General',
      places: [
        { label: 'Overview', path: '', icon: <HomeRegular />, activeIcon: <HomeFilled /> },
        { label: 'Logs', path: '/logs', icon: <DocumentSearchRegular />, activeIcon: <DocumentSearchFilled /> },
      ],
    },
    {
      title: 'Threat management',
      places: [
        {
          label: 'Incidents',
          path: '/incidents',
          icon: <ShieldErrorRegular />,
          activeIcon: <ShieldErrorFilled />,
          count: overview.data?.incidents.open,
        },
        { label: 'Workbooks', path: '/workbooks', icon: <DataBarVerticalRegular />, activeIcon: <DataBarVerticalFilled /> },
        { label: 'Hunting', path: '/hunting', icon: <TargetRegular />, activeIcon: <TargetFilled /> },
        { label: 'Entities', path: '/entities', icon: <PeopleSearchRegular />, activeIcon: <PeopleSearchFilled /> },
      ],
    },
    {
      title: 'Content management',
      places: [{ label: 'Content hub', path: '/content', icon: <BoxMultipleRegular />, activeIcon: <BoxMultipleFilled /> }],
    },
    {
      title: 'Configuration',
      places: [
        { label: 'Data connectors', path: '/connectors', icon: <PlugConnectedRegular />, activeIcon: <PlugConnectedFilled /> },
        { label: 'Analytics', path: '/analytics', icon: <ClipboardTaskListLtrRegular />, activeIcon: <ClipboardTaskListLtrFilled /> },
        { label: 'Watchlists', path: '/watchlists', icon: <TextBulletListSquareRegular />, activeIcon: <TextBulletListSquareFilled /> },
        { label: 'Entity behavior', path: '/ueba', icon: <PersonSettingsRegular />, activeIcon: <PersonSettingsFilled /> },
        { label: 'Tables', path: '/tables', icon: <TableRegular />, activeIcon: <TableFilled /> },
        { label: 'Dead letters', path: '/deadletters', icon: <MailErrorRegular />, activeIcon: <MailErrorFilled /> },
      ],
    },
  ];
  return (
    <nav className={styles.nav} data-narrow={narrow || undefined} aria-label="Workspace">
      <button type="button" className={styles.toggle} aria-expanded={!narrow} aria-label={narrow ? 'Widen navigation' : 'Narrow navigation'} onClick={() => setNarrow(!narrow)}>
        <NavigationRegular />
      </button>
      {groups.map((group) => (
        <div key={group.title} className={styles.group}>
          <div className={styles.title}>{group.title}</div>
          {group.places.map((place) => (
            <NavLink key={place.path} place={place} ws={workspace.name} narrow={narrow} />
          ))}
        </div>
      ))}
    </nav>
  );
}

function NavLink({ place, ws, narrow }: { place: Place; ws: string; narrow: boolean }) {
  const location = useLocation();
  const href = `/w/${encodeURIComponent(ws)}${place.path}`;
  const active = place.path === '' ? location.pathname.replace(/\/$/, '') === href : location.pathname.startsWith(href);
  const link = (
    <Link to={href as '/'} activeOptions={{ exact: place.path === '' }} className={styles.link} aria-current={active ? 'page' : undefined} aria-label={narrow ? place.label : undefined}>
      <span className={styles.icon}>{active ? place.activeIcon : place.icon}</span>
      <span className={styles.label}>{place.label}</span>
      {place.count ? (
        <span className={styles.count} aria-label={`${place.count} open`}>
          {formatCount(place.count)}
        </span>
      ) : null}
    </Link>
  );
  if (!narrow) return link;
  return (
    <Tooltip content={place.label} relationship="label" positioning="after">
      {link}
    </Tooltip>
  );
}
