package duck

import (
	"fmt"
	"strings"
	"sync/atomic"
	"unsafe"

	mapping "github.com/duckdb/duckdb-go-bindings"

	"github.com/vedette-siem/vedette/internal/fault"
)

// instance is one in-memory database with its own memory limit. It runs one query at a time.
type instance struct {
	db    mapping.Database
	conn  mapping.Connection
	live  *atomic.Int64
	self  unsafe.Pointer        // handle to this instance, known to the functions registered in it
	query atomic.Pointer[Query] // what the callbacks read
	used  int                   // queries run
}

// open starts an instance, registers the functions and locks the settings.
func open(o Options, live *atomic.Int64) (_ *instance, err error) {
	var cfg mapping.Config
	if mapping.CreateConfig(&cfg) == mapping.StateError {
		return nil, fault.New(fault.Internal, "duck_open", "making the DuckDB configuration")
	}
	defer mapping.DestroyConfig(&cfg)
	for _, kv := range [][2]string{
		{"autoinstall_known_extensions", "false"},
		{"autoload_known_extensions", "false"},
		{"allow_community_extensions", "false"},
		{"memory_limit", fmt.Sprintf("%dB", o.Memory)},
		{"threads", fmt.Sprint(o.Threads)},
		{"temp_directory", o.Temp},
	} {
		if mapping.SetConfig(cfg, kv[0], kv[1]) == mapping.StateError {
			return nil, fault.New(fault.Internal, "duck_open", "setting %s to %q", kv[0], kv[1])
		}
	}
	in := &instance{live: live}
	var msg string
	if mapping.OpenExt(":memory:", &in.db, cfg, &msg) == mapping.StateError {
		return nil, fault.New(fault.Internal, "duck_open", "opening DuckDB: %s", msg)
	}
	defer func() {
		if err != nil {
			in.close()
		}
	}()
	if mapping.Connect(in.db, &in.conn) == mapping.StateError {
		return nil, fault.New(fault.Internal, "duck_open", "connecting to DuckDB")
	}
	if err := in.register(); err != nil {
		return nil, err
	}
	settings := []string{"SET parquet_metadata_cache = true", "SET preserve_insertion_order = false"}
	if o.Parts != "" {
		settings = append(settings, "SET allowed_directories = ["+quote(strings.TrimRight(o.Parts, "/")+"/")+"]")
	}
	settings = append(settings, "SET enable_external_access = false", "SET lock_configuration = true")
	for _, s := range settings {
		var r mapping.Result
		if mapping.Query(in.conn, s, &r) == mapping.StateError {
			err := fault.New(fault.Internal, "duck_open", "running %s: %s", s, mapping.ResultError(&r))
			mapping.DestroyResult(&r)
			return nil, err
		}
		mapping.DestroyResult(&r)
	}
	return in, nil
}

func (in *instance) close() {
	mapping.Disconnect(&in.conn)
	mapping.Close(&in.db)
	if in.self != nil {
		drop(in.self)
		in.self = nil
	}
}

// quote writes text as a SQL string constant. NUL cannot occur in one.
func quote(s string) string {
	return "'" + strings.ReplaceAll(strings.ReplaceAll(s, "\x00", ""), "'", "''") + "'"
}
