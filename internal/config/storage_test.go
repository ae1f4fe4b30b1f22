package config

import (
	"strings"
	"testing"
	"time"
)

func TestStorage(t *testing.T) {
	good := Storage{AccountURL: "https://contosologs.blob.core.windows.net/", ContainerPrefix: "insights-logs-", ConnectionStringFile: "/s", PollInterval: time.Second}
	with := func(f func(*Storage)) Storage { b := good; f(&b); return b }
	tests := []struct {
		name string
		in   Streaming
		want string
	}{
		{"good", Streaming{Storage: []Storage{good}}, ""},
		{"name", Streaming{Storage: []Storage{with(func(b *Storage) { b.AccountURL = "https://Contoso_Logs.example" })}}, "w.streaming.storage[0].accountUrl"},
		{"twice", Streaming{Storage: []Storage{good, good}}, "w.streaming.storage[1].accountUrl"},
		{"as a hub", Streaming{EventHubs: []EventHub{{Hubs: []string{"contosologs"}}}, Storage: []Storage{good}}, "w.streaming.storage[0].accountUrl"},
		{"no secret", Streaming{Storage: []Storage{with(func(b *Storage) { b.ConnectionStringFile = "" })}}, "w.streaming.storage[0].connectionStringFile"},
		{"not encrypted", Streaming{Storage: []Storage{with(func(b *Storage) { b.AccountURL = "http://contosologs.blob.core.windows.net" })}}, "w.streaming.storage[0].accountUrl"},
		{"emulator", Streaming{Storage: []Storage{with(func(b *Storage) { b.AccountURL = "https://127.0.0.1:10000/devstore1" })}}, ""},
		{"prefix", Streaming{Storage: []Storage{with(func(b *Storage) { b.ContainerPrefix = "Logs/" })}}, "w.streaming.storage[0].containerPrefix"},
		{"poll", Streaming{Storage: []Storage{with(func(b *Storage) { b.PollInterval = 1 })}}, "w.streaming.storage[0].pollInterval"},
	}
	for _, tt := range tests {
		var got []string
		w := Workspace{Streaming: tt.in}
		w.validateStorage("w", func(path, _ string, _ ...any) { got = append(got, path) })
		if s := strings.Join(got, " "); s != tt.want {
			t.Errorf("%s: refused %q, want %q", tt.name, s, tt.want)
		}
	}
}
