package kernel

import (
	"strconv"
	"strings"
	"testing"

	"github.com/vedette-siem/vedette/internal/schema"
)

func TestXML(t *testing.T) {
	runKernels(t, []kernelCase{
		{"empty element", "parse_xml", args("<e/>"), `{"e":null}`},
		{"text", "parse_xml", args("<e>text</e>"), `{"e":"text"}`},
		{"attribute", "parse_xml", args(`<e name="value" />`), `{"e":{"@name":"value"}}`},
		{"attribute and text", "parse_xml", args(`<e name="value">text</e>`), `{"e":{"@name":"value","#text":"text"}}`},
		{"elements", "parse_xml", args("<e> <a>1</a> <b>2</b> </e>"), `{"e":{"a":"1","b":"2"}}`},
		{"of one name", "parse_xml", args("<e><a>1</a><a/><a>3</a></e>"), `{"e":{"a":["1",null,"3"]}}`},
		{"the rest is left out", "parse_xml", args(`<?xml version="1.0" encoding="UTF-16"?><!-- c --><e><![CDATA[<x>]]></e>`), `{"e":"<x>"}`},
		{"not closed", "parse_xml", args("<e>"), "null"},
		{"two roots", "parse_xml", args("<a/><b/>"), "null"},
		{"no XML", "parse_xml", args("x"), "null"},
		{"already parsed", "parse_xml", args(dyn(`{"a":1}`)), `{"a":1}`},
		{"too deep", "parse_xml", args(strings.Repeat("<a>", 1000)), "null"},
	})
}

func TestUserAgents(t *testing.T) {
	const edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36 Edg/120.0.2210.91"
	runKernels(t, []kernelCase{
		{"browser", "parse_user_agent", args(edge, "browser"), `{"Browser":{"Family":"Edge","MajorVersion":"120","MinorVersion":"0","Patch":"2210"}}`},
		{"system", "parse_user_agent", args(edge, dyn(`["os"]`)), `{"OperatingSystem":{"Family":"Windows","MajorVersion":"10","MinorVersion":"","Patch":"","PatchMinor":""}}`},
		{"nothing", "parse_user_agent", args(""), "null"},
	})
}

func TestServiceFunctions(t *testing.T) {
	runKernels(t, []kernelCase{
		{"by type", "estimate_data_size", args(1, "äb", true, dt("2020-01-01")), "20"},
		{"same once more", "==", args(evaluateLong(t, "hash_many", "a", "b"), evaluateLong(t, "hash_combine", evaluateLong(t, "hash", "a"), evaluateLong(t, "hash", "b"))), "true"},
		{"order counts", "==", args(evaluateLong(t, "hash_many", "a", "b"), evaluateLong(t, "hash_many", "b", "a")), "false"},
		{"other means", "round", args(evaluateReal(t, "welch_test", 20.82, 7.8674285714, 15, 22.98666666666667, 3.8126666667, 15), 6), "0.021378"},
		{"one value", "welch_test", args(1, 1, 1, 2, 1, 9), "null"},
	})
	yes, no := Arg{Type: schema.Bool, Const: true, Value: true}, Arg{Type: schema.Bool, Const: true, Value: false}
	message := Arg{Type: schema.String, Const: true, Value: "too short"}
	if _, err := Bind("assert", []Arg{yes, message}, schema.Unknown, Env{}); err != nil {
		t.Error(err)
	}
	if _, err := Bind("assert", []Arg{no, message}, schema.Unknown, Env{}); err == nil || !strings.Contains(err.Error(), "too short") {
		t.Errorf("err = %v", err)
	}
	if _, err := Bind("assert", []Arg{{Type: schema.Bool}, message}, schema.Unknown, Env{}); err == nil {
		t.Error("a condition over a column was bound")
	}
	zones := timeZones()
	if len(zones) < 500 || zones[0] != "Africa/Abidjan" {
		t.Errorf("%d zones", len(zones))
	}
}

func evaluateLong(t *testing.T, name string, a ...any) int64 {
	t.Helper()
	n, err := strconv.ParseInt(evaluate(t, name, a...), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func evaluateReal(t *testing.T, name string, a ...any) float64 {
	t.Helper()
	f, err := strconv.ParseFloat(evaluate(t, name, a...), 64)
	if err != nil {
		t.Fatal(err)
	}
	return f
}
