package intaketest

import (
	"fmt"
	"strings"
)

// Record is a record of a table, as the tenant exports it, whose column holds the value.
func Record(table, column, value string) string {
	return fmt.Sprintf(`{"time":"2026-07-18T14:08:10.0236840Z","category":"AdvancedHunting-%s","properties":{"Timestamp":"2026-07-18T14:05:00.1234567Z","%s":"%s"}}`, table, column, value)
}

// Message is a hub's message with the records.
func Message(records ...string) string { return `{"records":[` + strings.Join(records, ",") + `]}` }
