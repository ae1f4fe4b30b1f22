WITH i AS (SELECT DeviceId, arg_max(struct_pack(o := OSPlatform, g := MachineGroup), TimeGenerated) AS s FROM {DeviceInfo} WHERE TimeGenerated > {ago 2d} GROUP BY ALL),
n AS (SELECT DeviceId, count(*) AS c, count(DISTINCT RemoteUrl) AS h FROM {DeviceNetworkEvents} WHERE TimeGenerated > {ago 7d} AND ActionType = 'ConnectionSuccess' GROUP BY ALL)
SELECT coalesce(s.o, ''), coalesce(s.g, ''), count(*), CAST(sum(c) AS BIGINT), max(h) FROM n LEFT JOIN i USING (DeviceId) GROUP BY ALL
