WITH t AS (SELECT * FROM {DeviceInfo} WHERE TimeGenerated > {ago 14d})
SELECT DeviceId, TimeGenerated, DeviceName, OSPlatform, OSBuild, PublicIP, OnboardingStatus, ExposureLevel FROM t
WHERE (DeviceId, TimeGenerated) IN (SELECT (DeviceId, max(TimeGenerated)) FROM t GROUP BY DeviceId)
