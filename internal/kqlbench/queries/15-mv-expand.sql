SELECT o->>'$.Type', count(*), count(DISTINCT o->>'$.Name') FROM
(SELECT unnest(CAST(ActivityObjects AS JSON[])) AS o FROM {CloudAppEvents} WHERE TimeGenerated > {ago 15d}) WHERE o->>'$.Role' = 'Target object' GROUP BY ALL
