package incident

import (
	"testing"

	"github.com/vedette-siem/vedette/internal/fault"
)

func TestBulk(t *testing.T) {
	s := service(t)
	s.mustMerge(t, tenantIncident("27", 1, nil), tenantIncident("28", 1, into("27")), tenantIncident("29", 1, nil))
	change := Change{Severity: ptr("High"), AddLabels: []string{"campaign"}}
	for _, preview := range []bool{true, false, false} {
		got, err := s.Bulk(t.Context(), ws, []int64{1, 2, 99, 3, 1}, change, "part of the campaign", preview, ana)
		if err != nil || len(got) != 4 {
			t.Fatalf("%d results, %v", len(got), err)
		}
		if got[0].Err != nil || got[3].Err != nil || got[0].Incident.Severity != "High" {
			t.Errorf("preview %v: %+v", preview, got)
		}
		if fault.CodeOf(got[1].Err) != "incident_merged" || fault.KindOf(got[2].Err) != fault.NotFound {
			t.Errorf("preview %v: the refusals are %v and %v", preview, got[1].Err, got[2].Err)
		}
		in, err := s.Get(t.Context(), ws, 1)
		if err != nil {
			t.Fatal(err)
		}
		if stored := in.Severity == "High"; stored == preview {
			t.Errorf("preview %v: stored %v", preview, stored)
		}
		if comments, _ := s.Comments(t.Context(), ws, 1); preview && len(comments) != 0 {
			t.Error("a preview has added a comment")
		}
		if preview && len(got[0].Changes) != 2 {
			t.Errorf("a preview tells of %+v", got[0].Changes)
		}
	}
	if got, err := s.Bulk(t.Context(), ws, []int64{1}, change, "", true, ana); err != nil || len(got[0].Changes) != 0 {
		t.Errorf("a change to what is so already: %+v %v", got, err)
	}
	for _, numbers := range [][]int64{nil, make([]int64, MaxBulk+1)} {
		if _, err := s.Bulk(t.Context(), ws, numbers, change, "", false, ana); fault.CodeOf(err) != "bulk_size" {
			t.Errorf("%d incidents: %v", len(numbers), err)
		}
	}
	if _, err := s.Bulk(t.Context(), ws, []int64{1}, Change{Status: ptr("Open")}, "", false, ana); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a status that is none: %v", err)
	}
}
