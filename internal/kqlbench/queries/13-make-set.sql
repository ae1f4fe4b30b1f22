-- sets: the order of make_set is free
SELECT InitiatingProcessAccountName, CAST(to_json(list(DISTINCT DeviceName)) AS VARCHAR), count(DISTINCT FileName) FROM {DeviceFileEvents}
WHERE TimeGenerated > {ago 10d} AND (ends_with(lower(FileName), '.docm') OR ends_with(lower(FileName), '.iso') OR ends_with(lower(FileName), '.lnk')) GROUP BY ALL
