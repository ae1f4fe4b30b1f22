package directory

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSIDText(t *testing.T) {
	for _, tc := range []struct {
		b    []byte
		want string
	}{
		{[]byte{1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0}, "S-1-5-32-544"},
		{[]byte{1, 0, 0, 0, 0, 0, 0, 5}, "S-1-5"},
		{[]byte{1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0}, ""},
		{nil, ""},
	} {
		if got := sidText(tc.b); got != tc.want {
			t.Errorf("%v is %q, want %q", tc.b, got, tc.want)
		}
	}
}

func TestAccountControl(t *testing.T) {
	if d := cmp.Diff([]string{"AccountDisabled", "NormalAccount", "PasswordNeverExpires"}, accountControl(66050)); d != "" {
		t.Error(d)
	}
}

// TestDomainKeepsReferences takes entries in an order that a controller may choose: members before they are known, names
// with GUID and SID before them, a cut list.
func TestDomainKeepsReferences(t *testing.T) {
	d := newDomain("DC=x", "DC=x")
	in := func(id, dn string, values map[string][]string) {
		values["samaccountname"] = []string{id}
		d.apply(entry{id: id, dn: dn, values: values})
	}
	in("g", "CN=G,DC=x", map[string][]string{"objectclass": {"group"}, "member": {"<GUID=1>;<SID=2>;CN=U,DC=x"}})
	in("h", "CN=H,DC=x", map[string][]string{"objectclass": {"group"}, "member;range=0-1": {"CN=V,DC=x"}})
	in("u", "cn=u,dc=X", map[string][]string{"objectclass": {"user"}, "manager": {"CN=V,DC=x"}})
	in("v", "CN=V,DC=x", map[string][]string{"objectclass": {"user"}, "userprincipalname": {"v@x"}})
	in("c", "CN=PC,DC=x", map[string][]string{"objectclass": {"user", "computer"}})
	if d := cmp.Diff([]string{"CN=H,DC=x"}, d.cut()); d != "" {
		t.Error(d)
	}
	d.setMembers("CN=H,DC=x", []string{"CN=U,DC=x", "CN=V,DC=x"})
	d.resolve()
	groups := func() map[string][]string {
		out := map[string][]string{}
		for _, p := range d.people() {
			out[p.SAMAccount] = p.Groups
		}
		return out
	}
	if diff := cmp.Diff(map[string][]string{"u": {"g", "h"}, "v": {"h"}}, groups()); diff != "" {
		t.Error(diff)
	}
	// U and G are renamed, a stranger takes U's old name: nothing moves.
	d.apply(entry{id: "u", dn: "CN=U2,DC=x"})
	d.apply(entry{id: "g", dn: "CN=G2,DC=x"})
	in("w", "CN=U,DC=x", map[string][]string{"objectclass": {"user"}})
	d.resolve()
	if diff := cmp.Diff(map[string][]string{"u": {"g", "h"}, "v": {"h"}, "w": nil}, groups()); diff != "" {
		t.Error(diff)
	}
	if p := d.people()[0]; p.Manager != "v@x" || p.DistinguishedName != "CN=U2,DC=x" {
		t.Errorf("%+v", p)
	}
	d.apply(entry{id: "g", deleted: true})
	if diff := cmp.Diff(map[string][]string{"u": {"h"}, "v": {"h"}, "w": nil}, groups()); diff != "" {
		t.Error(diff)
	}
}
