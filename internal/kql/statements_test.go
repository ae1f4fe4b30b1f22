package kql_test

import (
	"context"
	"strings"
	"testing"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/kql"
	"github.com/vedette-siem/vedette/internal/kql/bind"
	"github.com/vedette-siem/vedette/internal/kql/exec"
	"github.com/vedette-siem/vedette/internal/schema"
)

// Statements before and between queries. An answer that begins with "!" is part of the finding.
func TestStatements(t *testing.T) {
	runTraps(t, []trap{
		// Several queries: a result each.
		{"print 1; print 2", "1; 2"},
		{"let x = 3; print x; range i from 1 to 2 step 1", "3; 1; 2"},

		// alias database
		{"alias database d = database('soc'); database('d').AlertInfo | count", "!cannot be read"},
		{"alias database ['my db'] = cluster('soc').database('soc'); database('my db').AlertInfo | getschema | count", "14"},
		{"alias database d = cluster('elsewhere').database('x'); print 1", "!The name 'elsewhere' does not refer to this cluster"},
		{"database('d').AlertInfo | count", "!The name 'd' does not refer to this database"},
		{"database().AlertInfo | getschema | take 0 | count", "0"},
		{"cluster('https://vedette.test').database('soc').AlertInfo | getschema | take 0 | count", "0"},
		{"cluster('vedette.test').database('soc').AlertInfo | getschema | take 0 | count", "0"},
		{"cluster('other.test').database('soc').AlertInfo | count", "!does not refer to this cluster"},

		// restrict access to
		{"let A = datatable(x:long)[1]; let B = datatable(x:long)[2]; restrict access to (A); A", "1"},
		{"let A = datatable(x:long)[1]; let B = datatable(x:long)[2]; restrict access to (A); B", "!The name 'B' does not refer"},
		{"let V = view() { datatable(x:long)[7] }; restrict access to (V); V", "7"},
		{"let V = view() { AlertInfo | take 0 | count }; restrict access to (V); AlertInfo | count", "!The name 'AlertInfo' does not refer"},
		{"let V = () { AlertEvidence | getschema | take 0 | count }; restrict access to (V, AlertInfo); V", "0"},
		{"restrict access to (AlertInfo); AlertInfo | getschema | take 0 | count", "0"},
		{"restrict access to (Alert*); AlertEvidence | getschema | take 0 | count", "0"},
		{"restrict access to (database('soc').Alert*); AlertEvidence | getschema | take 0 | count", "0"},
		{"restrict access to (database('other').*); AlertInfo", "!does not refer to this database"},
		{"restrict access to (AlertInfo); database('soc').DeviceInfo | count", "!The name 'DeviceInfo' does not refer"},
		{"restrict access to (AlertInfo); table('DeviceInfo') | count", "!The name 'DeviceInfo' does not refer"},
		{"restrict access to (AlertInfo); union withsource=t Device*, AlertInfo | take 0 | count", "!does not refer to any known table"},
		{"restrict access to (AlertInfo); union isfuzzy=true DeviceInfo, (print x=1) | project x", "1"},
		{"restrict access to (AlertInfo); let T = DeviceInfo; T", "!The name 'DeviceInfo' does not refer"},
		{"restrict access to (AlertInfo); let f = () { DeviceInfo }; f | count", "!The name 'DeviceInfo' does not refer"},
		{"let n = 5; restrict access to (AlertInfo); print n", "5"},
		{"restrict access to (AlertInfo); restrict access to (DeviceInfo); DeviceInfo | count", "!The name 'DeviceInfo' does not refer"},
		{"restrict access to (AlertInfo); AssignedIPAddresses('x')", "!restrict statement"},
		{"restrict access to (AlertInfo); print IP='10.0.0.1' | invoke DeviceFromIP()", "!restrict statement"},
		{"restrict access to (Nowhere); print 1", "!The name 'Nowhere' does not refer"},

		// declare pattern
		{"declare pattern p = (a:string) { ('x') = { print 1 }; ('y') = { print 2 }; }; p('y')", "2"},
		{"declare pattern p = (a:string, b:long)[c:string] { ('x', 1).['one'] = { print 11 }; ('x', 1).['two'] = { print 12 }; }; p('x', 1).two", "12"},
		{"declare pattern p = (a:string)[c:string] { ('x').['a b'] = { print 3 }; }; p('x').['a b'] | extend z = 1", "3|1"},
		{"let n = 4; declare pattern p = (a:string) { ('x') = { print n }; }; union p('x'), (print 5) | order by print_0 asc", "4; 5"},
		{"declare pattern p = (a:string) { ('x') = { print 1 }; }; p('z')", "!has no case for these values"},
		{"declare pattern p = (a:string) { ('x') = { print 1 }; }; p('x', 'y')", "!expects 1 values, not 2"},
		{"declare pattern p = (a:string) { ('x') = { p('x') }; }; p('x')", "!query_too_deep"},
		{"declare pattern p; p('x')", "!come from a program between"},

		// entity groups and macro-expand
		{"macro-expand entity_group [database('soc')] as X (X.AlertInfo | getschema | take 0 | count)", "0"},
		{"macro-expand entity_group [workspace('soc'), database()] as X (print a = 1)", "1; 1"},
		{"let g = entity_group [cluster('soc').database('soc')]; macro-expand g as X (let n = 2; X.AlertInfo | getschema | take 1 | project r = n, d = X.$current_database)", "2|soc"},
		{"macro-expand isfuzzy=true entity_group [database('gone'), database('soc')] as X (print a = 1)", "1"},
		{"macro-expand entity_group [database('gone')] as X (print a = 1)", "!does not refer to this database"},
		{"macro-expand entity_group('kept') as X (X.T)", "!keeps no entity groups"},
		{"let g = 5; macro-expand g as X (X.T)", "!needs a group of entities"},

		// declare query_parameters
		{"declare query_parameters(n:long = 5, s:string = 'x'); print n, s", "5|x"},
		{"declare query_parameters(n:long); print n", "!has no value"},

		// the query's own surroundings
		{"print current_cluster_endpoint()", "https://vedette.test"},
		{"print tostring(current_principal_details().UserPrincipalName)", "somebody"},
		{"print d = current_principal_details() | project isnull(d), isnull(d.ObjectId), tostring(d) has 'somebody'", "false|true|true"},
		{"print current_principal_is_member_of('aadgroup=x')", "!the groups of the person who asks are not known here"},

		// any column
		{"datatable(a:long, b:long, s:string)[1, 20, 'x', 3, 4, 'y'] | where * between (15 .. 25)", "1|20|x"},
		{"datatable(a:long, s:string)[1, 'x', 3, 'y'] | where * in ('y', 'z')", "3|y"},
	}...)
}

// Options that the query sets for its run.
func TestSetStatements(t *testing.T) {
	runTraps(t, []trap{
		{"set query_now = datetime(2020-02-03); print 1", "1"}, // honoured by who runs the query
		{"set query_now = 5; print 1", "!takes a constant of type datetime"},
		{"set truncationmaxrecords = 'x'; print 1", "!takes a constant of type long"},
		{"set truncationmaxrecords = -5; print 1", "!takes a constant of type long"},
		{"set query_bin_auto_size = 1h; print bin_auto(datetime(2020-01-01 10:20))", "2020-01-01T10:00:00.0000000Z"},
		{"set query_cursor_after_default = 'x'; print 1", "!rows carry when they came in"},
		{"set query_datetimescope_column = 'Other'; print 1", "!query_datetimescope_column"},
		{"set request_external_data_disabled; externaldata(a:string)['https://x/a.csv']", "!forbids externaldata"},
		{"set norequesttimeout; set query_datetimescope_column = 'TimeGenerated'; print 1", "1"},
	}...)
	for text, want := range map[string]string{
		"set query_consistency = 'weakconsistency'; print 1": "option_idle",
		"set querry_now = datetime(2020-01-01); print 1":     "Did you mean 'query_now'?",
	} {
		q, ds := kql.Compile(text, bind.Env{Runnable: exec.Runnable})
		if q == nil || len(ds) != 1 || !strings.Contains(ds[0].String(), want) {
			t.Errorf("%s: %v", text, ds)
		}
	}
	asked := kql.Options("set query_now = datetime(1970-01-01); set servertimeout = 1s; let set_x = 1; print 1")
	if asked.Now == nil || *asked.Now != column.Date(1970, 1, 1) || asked.Timeout != column.Second {
		t.Errorf("options: %+v", asked)
	}
}

// Values from outside stand for literals only: whatever they hold, it is never read as part of the query.
func TestQueryParameters(t *testing.T) {
	const text = "declare query_parameters(n:long = 1, s:string = '', d:timespan = 1h, b:dynamic = dynamic(null)); print n, s, d, tostring(b)"
	for _, tt := range []struct {
		given map[string]string
		want  string
	}{
		{map[string]string{"n": "7", "s": "'it'", "d": "2d"}, "7|it|2.00:00:00|"},
		{map[string]string{"s": "plain text"}, "1|plain text|01:00:00|"},
		{map[string]string{"s": "x'; AlertInfo | take 1 //"}, "1|x'; AlertInfo | take 1 //|01:00:00|"},
		{map[string]string{"s": "strcat('a', 'b')"}, "1|strcat('a', 'b')|01:00:00|"},
		{map[string]string{"b": "dynamic([1,2])"}, "1||01:00:00|[1,2]"},
		{map[string]string{"n": "now()"}, "!not a literal of type long"},
		{map[string]string{"n": "1 | take 5"}, "!not a literal of type long"},
		{map[string]string{"m": "1"}, "!declares no parameter 'm'"},
	} {
		got := parameterAnswer(text, tt.given)
		if want, bad := strings.CutPrefix(tt.want, "!"); got != tt.want && !(bad && strings.Contains(got, want)) {
			t.Errorf("%v: %s, want %s", tt.given, got, tt.want)
		}
	}
}

func parameterAnswer(text string, given map[string]string) string {
	q, ds := kql.Compile(text, bind.Env{Catalog: schema.Builtin(), Runnable: exec.Runnable, Parameters: given})
	if q == nil {
		return ds.Error()
	}
	res, err := exec.Collect(context.Background(), q.Results[0].Root, exec.Env{})
	if err != nil {
		return err.Error()
	}
	return strings.Join(rowsOf(res), "; ")
}
