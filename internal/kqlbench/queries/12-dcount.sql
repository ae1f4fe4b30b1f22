SELECT InitiatingProcessFileName, count(DISTINCT RemoteIP), count(DISTINCT DeviceId), count(*) FROM {DeviceNetworkEvents} GROUP BY ALL
