SELECT TimeGenerated, DeviceName, RemoteIP, RemotePort, RemoteUrl, InitiatingProcessFileName FROM {DeviceNetworkEvents}
WHERE RemoteIP IN ('20.0.0.1', '31.77.85.12', '198.51.100.77', '45.175.7.26', '60.24.152.41', '102.62.62.83', '77.143.255.58', '121.195.139.102')
