-- ordered: the query sorts
SELECT AccountUpn, TimeGenerated - TimeGenerated % 36000000000 AS h, count(*) FILTER (WHERE ActionType = 'LogonFailed') AS f, count(*), count(DISTINCT IPAddress) FILTER (WHERE ActionType = 'LogonFailed')
FROM {IdentityLogonEvents} GROUP BY ALL HAVING f >= 5 ORDER BY h, AccountUpn
