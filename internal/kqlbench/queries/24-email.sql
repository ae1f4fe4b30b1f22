-- ordered: the query sorts
SELECT lower(split_part(SenderFromAddress, '@', 2)) AS d, count(*) AS n, count(DISTINCT RecipientEmailAddress), count(*) FILTER (WHERE AuthenticationDetails->>'$.SPF' = 'fail') FROM {EmailEvents}
WHERE EmailDirection = 'Inbound' AND DeliveryAction = 'Delivered' AND regexp_matches(ThreatTypes, '(?i)(^|[^\p{L}\p{N}])phish($|[^\p{L}\p{N}])') GROUP BY ALL ORDER BY n DESC, d LIMIT 25
