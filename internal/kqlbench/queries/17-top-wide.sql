-- ordered: the query sorts
WITH t AS (SELECT * FROM {DeviceNetworkEvents} WHERE RemotePort = 3389)
SELECT TimeGenerated, DeviceId, DeviceName, ActionType, RemoteIP, RemotePort, RemoteUrl, LocalIP, LocalPort, Protocol, InitiatingProcessFileName, InitiatingProcessFolderPath, InitiatingProcessCommandLine, InitiatingProcessSHA256, InitiatingProcessAccountUpn
FROM t WHERE TimeGenerated >= (SELECT min(x) FROM (SELECT TimeGenerated AS x FROM t ORDER BY x DESC LIMIT 100)) ORDER BY TimeGenerated DESC LIMIT 100
