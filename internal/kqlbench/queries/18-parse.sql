SELECT CAST(m.id AS BIGINT), count(*), count(DISTINCT m.token) FROM
(SELECT regexp_extract(ProcessCommandLine, '-Id (\d+) -Token ([^}]*)}', ['id', 'token']) AS m FROM {DeviceProcessEvents} WHERE TimeGenerated > {ago 5d}
AND contains(ProcessCommandLine, 'Invoke-Task')) GROUP BY ALL
