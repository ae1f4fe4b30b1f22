WITH c AS (SELECT AccountUpn, (TimeGenerated - {ago 30d}) // 864000000000 AS d, count(*) AS n FROM {IdentityLogonEvents} WHERE ActionType = 'LogonFailed' AND TimeGenerated >= {ago 30d} AND TimeGenerated < {ago 0d} GROUP BY ALL),
m AS (SELECT AccountUpn, map_from_entries(list((d, n))) AS m FROM c GROUP BY ALL)
SELECT AccountUpn, CAST(to_json([coalesce(m[i], 0) FOR i IN range(30)]) AS VARCHAR),
CAST(to_json([strftime(make_timestamp(({ago 30d} + i * 864000000000) // 10 - 62135596800000000), '%Y-%m-%dT%H:%M:%S.0000000Z') FOR i IN range(30)]) AS VARCHAR) FROM m
