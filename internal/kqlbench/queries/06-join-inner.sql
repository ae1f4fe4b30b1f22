SELECT p.DeviceName, count(*), count(DISTINCT n.RemoteIP) FROM
(SELECT DeviceId, DeviceName, TimeGenerated AS pt FROM {DeviceProcessEvents} WHERE TimeGenerated > {ago 3d} AND FileName = 'powershell.exe') p
JOIN (SELECT DeviceId, TimeGenerated AS nt, RemoteIP FROM {DeviceNetworkEvents} WHERE TimeGenerated > {ago 3d} AND RemotePort IN (22, 88, 8080) AND ActionType = 'ConnectionFailed') n
ON p.DeviceId = n.DeviceId AND n.nt BETWEEN p.pt AND p.pt + 3000000000 GROUP BY p.DeviceName
