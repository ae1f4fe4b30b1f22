package hunt

import "time"

// Record is a finished event with the two clocks of its way to the hub.
type Record struct {
	Row      *Row
	Received time.Time // the service took it in
	Exported time.Time // the exporter published it
}

// AppendMessage appends the body of one hub message that carries the records.
func AppendMessage(dst []byte, tenantID string, records []Record) []byte {
	dst = append(dst, `{"records":[`...)
	for i, r := range records {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"time":"`...)
		dst = r.Exported.UTC().AppendFormat(dst, timeLayout)
		dst = append(dst, `","tenantId":"`...)
		dst = append(dst, tenantID...)
		dst = append(dst, `","operationName":"Publish","category":"AdvancedHunting-`...)
		dst = append(dst, r.Row.Table.Name...)
		dst = append(dst, `","_TimeReceivedBySvc":"`...)
		dst = r.Received.UTC().AppendFormat(dst, timeLayout)
		dst = append(dst, `","properties":`...)
		dst = r.Row.AppendProperties(dst)
		dst = append(dst, `,"Tenant":"DefaultTenant"}`...)
	}
	return append(dst, `]}`...)
}
