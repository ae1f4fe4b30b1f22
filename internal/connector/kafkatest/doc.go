// Package kafkatest runs Apache Kafka brokers for tests, set up to look like an Event Hubs namespace: TLS, SASL PLAIN with
// $ConnectionString, SASL OAUTHBEARER with signed tokens. scripts/setup.sh fetches the broker; where it or Java is
// missing, tests skip.
package kafkatest
