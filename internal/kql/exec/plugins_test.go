package exec_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vedette-siem/vedette/internal/kql"
	"github.com/vedette-siem/vedette/internal/kql/bind"
	"github.com/vedette-siem/vedette/internal/kql/exec"
	"github.com/vedette-siem/vedette/internal/kql/plan"
)

// evaluate compiles a query whose plugins may look at rows, runs it, and prints names and rows of the results.
func evaluate(t *testing.T, text string) (string, error) {
	t.Helper()
	ctx := context.Background()
	env := bind.Env{Runnable: exec.Runnable, Discover: func(n *plan.Plugin) (*plan.Held, error) { return exec.Discover(ctx, n, exec.Env{}) }}
	q, diags := kql.Compile(text, env)
	if diags.HasErrors() {
		return "", diags
	}
	var sb strings.Builder
	for _, r := range q.Results {
		res, err := exec.Collect(ctx, r.Root, exec.Env{})
		if err != nil {
			return "", err
		}
		var names []string
		for _, c := range r.Root.Cols() {
			names = append(names, c.Name+":"+c.Type.String())
		}
		sb.WriteString(strings.Join(names, " ") + "\n" + table(res))
	}
	return sb.String(), nil
}

const visits = `let V = datatable(u:long, t:datetime, k:string) [
  0, datetime(2019-11-01), 'x', 2, datetime(2019-11-01), 'x', 3, datetime(2019-11-01), 'x', 4, datetime(2019-11-01), 'y',
  0, datetime(2019-11-02), 'x', 1, datetime(2019-11-02), 'x', 3, datetime(2019-11-02), 'x', 4, datetime(2019-11-02), 'y', 5, datetime(2019-11-02), 'y',
  0, datetime(2019-11-03), 'x', 2, datetime(2019-11-03), 'x', 4, datetime(2019-11-03), 'y', 5, datetime(2019-11-03), 'y'
]; let S = datetime(2019-11-01); let E = datetime(2019-11-03);
let Nets = datatable(net:string, name:string, zone:long) ['10.0.0.0/8', 'ten', 1, '10.1.0.0/16', 'ten one', 2, '192.168.2.0/24', 'home', 1];
let IPs = datatable(ip:string, zone:long) ['10.1.2.3', 1, '192.168.2.9', 2, '8.8.8.8', 1];
`

func TestPlugins(t *testing.T) {
	for _, tt := range []struct{ name, query, want string }{
		{"bag_unpack sorts names and finds types", "print a=1, d=dynamic({'n':'x','k':2,'m':1.5}) | evaluate bag_unpack(d)", "a:long k:long m:real n:string\n1|2|1.5|x\n"},
		{"values of several types stay dynamic", "datatable(d:dynamic)[dynamic({'k':1}), dynamic({'k':'a'}), dynamic(7)] | evaluate bag_unpack(d)", "k:dynamic\n1\na\n-\n"},
		{"a prefix", "print d=dynamic({'k':2}) | evaluate bag_unpack(d, 'p_') | project p_k + 1", "Column1:long\n3\n"},
		{"a taken name is replaced", "print k='old', d=dynamic({'k':'new'}) | evaluate bag_unpack(d, columnsConflict='replace_source')", "k:string\nnew\n"},
		{"a taken name is kept", "print k='old', d=dynamic({'k':'new'}) | evaluate bag_unpack(d, columnsConflict='keep_source')", "k:string\nold\n"},
		{"keys left out", "print d=dynamic({'k':1,'z':2}) | evaluate bag_unpack(d, ignoredProperties=dynamic(['z']))", "k:long\n1\n"},
		{"a declared schema", "print a='s', d=dynamic({'k':1}) | evaluate bag_unpack(d) : (*, k:string, z:long)", "a:string k:string z:long\ns|1|-\n"},
		{"pivot counts by the other columns", "V | project k, day=dayofmonth(t) | evaluate pivot(k)", "day:long x:long y:long\n1|3|1\n2|3|2\n3|2|2\n"},
		{"pivot with an aggregate and a key", "V | evaluate pivot(k, max(u), t) | project x, y", "x:long y:long\n3|4\n3|5\n2|5\n"},
		{"a cell without rows is the aggregate of nothing", "datatable(k:string, g:long, v:long)['a', 1, 5, 'b', 2, 6] | evaluate pivot(k, sum(v), g)", "g:long a:long b:long\n1|5|0\n2|0|6\n"},
		{"pivot with a declared schema", "V | project k, u | evaluate pivot(k) : (u:long, y:long, none:long) | where u > 3", "u:long y:long none:long\n4|3|0\n5|2|0\n"},
		{"narrow", "datatable(a:long, b:string)[1, 'x', 2, 'y'] | evaluate narrow()", "Row:long Column:string Value:string\n0|a|1\n0|b|x\n1|a|2\n1|b|y\n"},
		{"ids seen before or not", "V | evaluate activity_counts_metrics(u, t, S, E, 1d)",
			"t:datetime count:long dcount:long new_dcount:long aggregated_dcount:long\n2019-11-01T00:00:00.0000000Z|4|4|4|4\n2019-11-02T00:00:00.0000000Z|5|5|2|6\n2019-11-03T00:00:00.0000000Z|4|4|0|6\n"},
		{"retention against the step before", "V | evaluate activity_metrics(u, t, S, E, 1d) | project dcount_values, dcount_newvalues, retention_rate",
			"dcount_values:long dcount_newvalues:long retention_rate:real\n4|4|1.0\n5|2|0.75\n4|1|0.6\n"},
		{"by a dimension", "V | evaluate activity_metrics(u, t, S, E, 1d, k) | project k, dcount_values", "k:string dcount_values:long\nx|3\nx|3\nx|2\ny|1\ny|2\ny|2\n"},
		{"engagement", "V | evaluate activity_engagement(u, t, S, E, 1d, 2d) | project dcount_activities_inner, dcount_activities_outer",
			"dcount_activities_inner:long dcount_activities_outer:long\n4|4\n5|6\n4|6\n"},
		{"cohorts", "V | evaluate new_activity_metrics(u, t, S, E, 1d) | project dcount_new_values, dcount_retained_values, dcount_churn_values, retention_rate",
			"dcount_new_values:long dcount_retained_values:long dcount_churn_values:long retention_rate:real\n4|4|0|1.0\n2|3|1|0.75\n1|3|1|0.75\n2|2|0|1.0\n0|1|1|0.5\n0|0|0|NaN\n"},
		{"one cohort, with known ids", "V | evaluate new_activity_metrics(u, t, S, E, 1d, S, (V | where u == 0 | project u)) | project dcount_new_values, dcount_retained_values",
			"dcount_new_values:long dcount_retained_values:long\n3|3\n2|2\n1|2\n"},
		{"a sliding window", "V | evaluate sliding_window_counts(u, t, S, E, 2d, 1d) | project Count, Dcount", "Count:long Dcount:long\n4|4\n9|6\n9|6\n"},
		{"sessions", "datatable(id:string, at:long)['a', 1, 'a', 5, 'a', 30, 'b', 7] | evaluate session_count(id, at, 0, 100, 10, 20)", "at:long count_sessions:long\n0|2\n30|1\n"},
		{"a rolling median", "range x from 0 to 239 step 1 | project t=datetime(2018-01-01)+1h*x, v=x+1 | evaluate rolling_percentile(v, 50, t, 1d, 3) | project rolling_3_percentile_v_50",
			"rolling_3_percentile_v_50:long\n12\n24\n36\n60\n84\n108\n132\n156\n180\n204\n"},
		{"sequences", "datatable(t:datetime, e:string, who:string)[datetime(2020-01-01 10:00), 'a', 'p', datetime(2020-01-01 10:05), 'b', 'p', datetime(2020-01-01 10:20), 'b', 'p', datetime(2020-01-01 10:01), 'b', 'q'] " +
			"| evaluate sequence_detect(t, 10m, 1h, e1=(e == 'a'), e2=(e == 'b'), who)", "who:string e1_t:datetime e2_t:datetime Duration:timespan\np|2020-01-01T10:00:00.0000000Z|2020-01-01T10:05:00.0000000Z|00:05:00\n"},
		{"rows near", "range x from 1 to 9 step 1 | evaluate rows_near(x == 5, 1, 2)", "x:long\n4\n5\n6\n7\n"},
		{"a funnel", "datatable(id:long, t:datetime, s:string)[1, datetime(2020-01-01 10:00), 'a', 1, datetime(2020-01-01 10:30), 'b', 2, datetime(2020-01-01 10:00), 'a', 2, datetime(2020-01-01 12:00), 'b'] " +
			"| evaluate funnel_sequence_completion(id, t, datetime(2020-01-01), datetime(2020-01-02), 1d, s, dynamic(['a','b']), dynamic([1h, 4h])) | project s, Period, dcount",
			"s:string Period:timespan dcount:long\na|01:00:00|2\nb|01:00:00|1\na|04:00:00|2\nb|04:00:00|2\n"},
		{"around a sequence", "datatable(id:long, t:datetime, s:string)[1, datetime(2020-01-01 10:00), 'p', 1, datetime(2020-01-01 10:30), 'a', 2, datetime(2020-01-01 10:00), 'a', 2, datetime(2020-01-01 11:00), 'n'] " +
			"| evaluate funnel_sequence(id, t, datetime(2020-01-01), datetime(2020-01-02), 1d, 1d, s, dynamic(['a']))",
			"t:datetime prev:string next:string dcount:long samples:dynamic\n2020-01-01T00:00:00.0000000Z|p||1|[1]\n2020-01-01T00:00:00.0000000Z||n|1|[2]\n" +
				"t:datetime prev:string dcount:long samples:dynamic\n2020-01-01T00:00:00.0000000Z|p|1|[1]\n2020-01-01T00:00:00.0000000Z||1|[2]\n" +
				"t:datetime next:string dcount:long samples:dynamic\n2020-01-01T00:00:00.0000000Z||1|[1]\n2020-01-01T00:00:00.0000000Z|n|1|[2]\n"},
		{"all networks an address lies in", "IPs | evaluate ipv4_lookup(Nets, ip, net) | project ip, name", "ip:string name:string\n10.1.2.3|ten one\n10.1.2.3|ten\n192.168.2.9|home\n"},
		{"a further key", "IPs | evaluate ipv4_lookup(Nets, ip, net, zone) | project ip, name", "ip:string name:string\n10.1.2.3|ten\n"},
		{"what matches nothing", "IPs | evaluate ipv4_lookup(Nets, ip, net, return_unmatched=true) | where isempty(name) | project ip", "ip:string\n8.8.8.8\n"},
		{"preview", "range x from 1 to 9 step 1 | evaluate preview(2)", "x:long\n1\n2\nCount:long\n9\n"},
		{"identity", "print x=1 | evaluate identity()", "x:long\n1\n"},
		{"intersections of sets", "range x from 1 to 100 step 1 | summarize a=hll(iff(x % 2 == 0, x, 0)), b=hll(iff(x % 3 == 0, x, 0)) | evaluate dcount_intersect(a, b) | project s0 - 1, s1 - 1", "Column1:long Column2:long\n50|16\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := evaluate(t, visits+tt.query)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%s\n(-want +got)\n%s", tt.query, diff)
			}
		})
	}
}

func TestPluginFindings(t *testing.T) {
	for _, tt := range []struct{ name, query, want string }{
		{"programs are refused", "print x=1 | evaluate python(typeof(*, y:long), 'code')", "'evaluate python' is refused: it would run a program"},
		{"so is what reaches outside", "evaluate http_request('https://x')", "'evaluate http_request' is refused: it reaches outside"},
		{"so is what nobody can reproduce", "print x=1 | evaluate autocluster()", "'evaluate autocluster' is refused: its result cannot be reproduced exactly"},
		{"a name that is taken", "print k='old', d=dynamic({'k':'new'}) | evaluate bag_unpack(d)", "bag_unpack makes a column 'k', which the table has already."},
		{"columns that are not there", "print d=dynamic({'k':1}) | evaluate bag_unpack(d) | project kk", "Did you mean 'k'?"},
		{"rows of a group", "print d=dynamic([{'k':1}]) | mv-apply d on (evaluate bag_unpack(d))", "write evaluate bag_unpack(...) : (Name: type, ...)"},
		{"a time line of another type", "print a='x', b='y' | evaluate session_count(a, b, 1, 2, 3, 4)", "must be a datetime, a timespan or a whole number, not string"},
		{"a step of nothing", visits + "V | evaluate activity_counts_metrics(u, t, S, E, 0s)", "must be greater than zero"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := evaluate(t, tt.query); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s: %v, want %q", tt.query, err, tt.want)
			}
		})
	}
}
