package config

import (
	"strings"
	"testing"
	"time"
)

func TestBlobStorage(t *testing.T) {
	good := BlobStorage{Account: "contosologs", ConnectionStringFile: "/s", PollInterval: time.Second}
	with := func(f func(*BlobStorage)) BlobStorage { b := good; f(&b); return b }
	tests := []struct {
		name string
		in   Streaming
		want string
	}{
		{"good", Streaming{BlobStorage: []BlobStorage{good}}, ""},
		{"name", Streaming{BlobStorage: []BlobStorage{with(func(b *BlobStorage) { b.Account = "Contoso_Logs" })}}, "w.streaming.blobStorage[0].account"},
		{"twice", Streaming{BlobStorage: []BlobStorage{good, good}}, "w.streaming.blobStorage[1].account"},
		{"as a hub", Streaming{EventHubs: []EventHub{{Hubs: []string{"contosologs"}}}, BlobStorage: []BlobStorage{good}}, "w.streaming.blobStorage[0].account"},
		{"no secret", Streaming{BlobStorage: []BlobStorage{with(func(b *BlobStorage) { b.ConnectionStringFile = "" })}}, "w.streaming.blobStorage[0].connectionStringFile"},
		{"poll", Streaming{BlobStorage: []BlobStorage{with(func(b *BlobStorage) { b.PollInterval = 1 })}}, "w.streaming.blobStorage[0].pollInterval"},
	}
	for _, tt := range tests {
		var got []string
		w := Workspace{Streaming: tt.in}
		w.validateBlobStorage("w", func(path, _ string, _ ...any) { got = append(got, path) })
		if s := strings.Join(got, " "); s != tt.want {
			t.Errorf("%s: refused %q, want %q", tt.name, s, tt.want)
		}
	}
}
