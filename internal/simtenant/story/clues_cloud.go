package story

import (
	"time"

	"github.com/vedette-siem/vedette/internal/simtenant/activity"
	"github.com/vedette-siem/vedette/internal/simtenant/dice"
	"github.com/vedette-siem/vedette/internal/simtenant/directory"
	"github.com/vedette-siem/vedette/internal/simtenant/hunt"
)

// thing is a clue of a kind that needs no code of its own: its Graph form, its hunting form, and the event it comes from by the value in one of the columns.
func (s *scene) thing(kind, entity string, row *hunt.Row, value string, cols []string, graph, fields map[string]any) *clue {
	c := newClue(kind, entity, row, []string{value}, cols...)
	c.graph, c.fields = graph, fields
	return c
}

// resourceID is the id of something in the tenant's subscription.
func resourceID(provider, kind, name string) string {
	return "/subscriptions/" + subscription + "/resourceGroups/rg-prod/providers/" + provider + "/" + kind + "/" + name
}

// managed records an operation on a cloud resource, seen through the app connector of the cloud; id is the resource.
func (s *scene) managed(at time.Time, u *directory.User, app activity.App, action, id, ip, country string) *hunt.Row {
	return s.see(s.InApp(at, u, app, action, id, ip, country).Set("ObjectType", "Resource").Set("IsAdminOperation", true))
}

func azureGraph(id, name, kind string) map[string]any {
	return map[string]any{"resourceId": id, "resourceName": name, "resourceType": kind}
}

// resource is a resource in Azure an operation is known of.
func (s *scene) resource(id, name, kind string, row *hunt.Row) *clue {
	c := s.thing("azureResourceEvidence", "AzureResource", row, id, []string{"ObjectId"}, azureGraph(id, name, kind), map[string]any{"Type": "azure-resource", "ResourceId": id})
	c.role = "Impacted"
	c.fill = func(r *hunt.Row) {
		r.Set("CloudPlatform", "Azure").Set("ResourceID", id).Set("ResourceType", kind).Set("SubscriptionId", subscription).Set("CloudResource", name)
	}
	return c
}

// piece says which piece of a larger resource the clue is: it comes from the same event.
func (s *scene) piece(kind, entity string, row *hunt.Row, id string, graph, fields map[string]any) *clue {
	return s.thing(kind, entity, row, id, []string{"ObjectId", "OAuthAppId", "ReportId", "DeviceId", "NetworkMessageId"}, graph, fields)
}

// admin is somebody who manages cloud resources.
func (s *scene) admin() *directory.User {
	var out []*directory.User
	for _, u := range s.env.Dir.People {
		if (u.Department == "IT" || u.Department == "Engineering") && u.Device.IsWindows() {
			out = append(out, u)
		}
	}
	if len(out) == 0 {
		return s.victim()
	}
	return dice.Pick(s.d, out)
}

// cluster of containers with what runs in it.
type kube struct {
	id, name                          string
	cluster, namespace, account, pods map[string]any
	pod                               string
}

func (s *scene) kubernetes() *kube {
	k := &kube{name: "aks-shop", pod: "cart-" + s.d.Hex(4)}
	k.id = resourceID("Microsoft.ContainerService", "managedClusters", k.name)
	resource := azureGraph(k.id, k.name, "managedClusters")
	resource["@odata.type"] = "#microsoft.graph.security.azureResourceEvidence"
	k.cluster = map[string]any{"name": k.name, "distribution": "AKS", "platform": "aks", "version": "1.31.2", "cloudResource": resource}
	k.namespace = map[string]any{"name": "shop", "cluster": k.cluster, "labels": map[string]any{"team": "web"}}
	k.account = map[string]any{"name": "cart", "namespace": k.namespace}
	k.pods = map[string]any{"name": k.pod, "namespace": k.namespace, "serviceAccount": k.account, "labels": map[string]any{"app": "cart"}, "containers": []any{}, "initContainers": []any{}, "ephemeralContainers": []any{}}
	return k
}
