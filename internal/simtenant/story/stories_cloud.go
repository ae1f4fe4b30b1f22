package story

import (
	"time"

	"github.com/vedette-siem/vedette/internal/simtenant/activity"
	"github.com/vedette-siem/vedette/internal/simtenant/dice"
	"github.com/vedette-siem/vedette/internal/simtenant/directory"
)

func storageAccess(s *scene) {
	u, ip := s.admin(), s.attackerIP()
	name := "stprod" + s.d.Hex(3)
	id := resourceID("Microsoft.Storage", "storageAccounts", name)
	s.managed(s.now, u, activity.Azure(), "List StorageAccountKeys", id, ip, "RO")
	row := s.managed(s.blink(), u, activity.Azure(), "Get StorageBlob", id, ip, "RO")
	url := "https://" + name + ".blob.core.windows.net/exports"
	container := map[string]any{"name": "exports", "url": url, "storageResource": azureGraph(id, name, "storageAccounts")}
	s.raise(spec{source: "mdc", detection: "microsoftDefenderForStorage", huntDetection: "Microsoft Defender for Storage", title: "Access from an unusual location to a storage account", category: "InitialAccess", severity: "medium", techniques: []string{"T1078.004"},
		text: "The storage account was read from a place it was never read from.", actions: "Check whether the access was meant.\nRotate the keys of the account."},
		s.resource(id, name, "storageAccounts", row), s.ip(ip, "RO", row).as("suspicious", "attacker"), s.piece("blobContainerEvidence", "BlobContainer", row, id, container, map[string]any{"Type": "blob-container", "Url": url}))
	s.wait(2*time.Minute, 9*time.Minute)
	var last = row
	for range 6 + s.d.IntN(8) {
		last = s.managed(s.blink(), u, activity.Azure(), "Get StorageBlob", id, ip, "RO")
	}
	sas := map[string]any{"signatureHash": s.d.Hex(32), "signedWith": "key1", "allowedServices": []string{"blob"}, "allowedResourceTypes": []string{"container", "object"}, "permissions": []string{"read", "list"}, "protocol": "https",
		"allowedIpAddresses": nil, "startDateTime": nil, "expiryDateTime": nil, "storageResource": azureGraph(id, name, "storageAccounts")}
	s.raise(spec{source: "mdc", detection: "microsoftDefenderForStorage", huntDetection: "Microsoft Defender for Storage", title: "Unusual amount of data extracted from a storage account", category: "Exfiltration", severity: "high", techniques: []string{"T1530"},
		text: "Far more was read from the storage account than is usual.", actions: "Revoke the shared access signature."},
		s.resource(id, name, "storageAccounts", last), s.ip(ip, "RO", last).as("suspicious", "attacker"), s.piece("sasTokenEvidence", "SasToken", last, id, sas, map[string]any{"Type": "sas-token"}),
		s.piece("blobEvidence", "Blob", last, id, map[string]any{"name": "customers-full.parquet", "url": url + "/customers-full.parquet", "etag": "0x8DE" + s.d.Hex(6), "blobContainer": container,
			"fileHashes": []any{map[string]any{"algorithm": "md5", "value": s.d.Hex(16)}}}, map[string]any{"Type": "blob", "Name": "customers-full.parquet"}))
}

func containerEscape(s *scene) {
	u, ip := s.admin(), s.attackerIP()
	k := s.kubernetes()
	row := s.managed(s.now, u, activity.Azure(), "List ClusterUserCredential", k.id, ip, "BR")
	image := map[string]any{"imageId": "acrshop.example/cart:1.4.2", "registry": map[string]any{"registry": "acrshop.example"}}
	container := map[string]any{"name": "cart", "containerId": s.d.Hex(32), "image": image, "isPrivileged": true, "command": []string{"/bin/sh"}, "args": []string{"-c", "nsenter -t 1 -m sh"}, "pod": k.pods}
	s.raise(spec{source: "mdc", detection: "microsoftDefenderForContainers", huntDetection: "Microsoft Defender for Containers", title: "Privileged container detected", category: "PrivilegeEscalation", severity: "low", techniques: []string{"T1610"},
		text: "A container was started that can do what its host can do.", actions: "Remove the privilege unless it is needed."},
		s.resource(k.id, k.name, "managedClusters", row), s.piece("kubernetesClusterEvidence", "KubernetesCluster", row, k.id, k.cluster, map[string]any{"Type": "K8s-cluster"}),
		s.piece("kubernetesNamespaceEvidence", "KubernetesNamespace", row, k.id, k.namespace, map[string]any{"Type": "K8s-namespace"}), s.piece("kubernetesPodEvidence", "KubernetesPod", row, k.id, k.pods, map[string]any{"Type": "K8s-pod"}),
		s.piece("containerEvidence", "Container", row, k.id, container, map[string]any{"Type": "container"}), s.piece("containerImageEvidence", "ContainerImage", row, k.id, image, map[string]any{"Type": "container-image"}),
		s.piece("containerRegistryEvidence", "ContainerRegistry", row, k.id, map[string]any{"registry": "acrshop.example"}, map[string]any{"Type": "container-registry"}))
	s.wait(2*time.Minute, 8*time.Minute)
	later := s.managed(s.now, u, activity.Azure(), "Write RoleBinding", k.id, ip, "BR")
	s.raise(spec{source: "mdc", detection: "microsoftDefenderForContainers", huntDetection: "Microsoft Defender for Containers", title: "Role binding to the cluster-admin role detected", category: "Persistence", severity: "medium", techniques: []string{"T1098"},
		text: "Somebody was given every right on the cluster.", actions: "Remove the binding unless it was meant."},
		s.resource(k.id, k.name, "managedClusters", later), s.ip(ip, "BR", later).as("suspicious"), s.piece("kubernetesServiceAccountEvidence", "KubernetesServiceAccount", later, k.id, k.account, map[string]any{"Type": "K8s-service-account"}),
		s.piece("kubernetesControllerEvidence", "KubernetesController", later, k.id, map[string]any{"name": "cart", "type": "Deployment", "namespace": k.namespace, "labels": map[string]any{"app": "cart"}}, map[string]any{"Type": "K8s-controller"}),
		s.piece("kubernetesSecretEvidence", "KubernetesSecret", later, k.id, map[string]any{"name": "db-password", "secretType": "Opaque", "namespace": k.namespace}, map[string]any{"Type": "K8s-secret"}),
		s.piece("kubernetesServiceEvidence", "KubernetesService", later, k.id, map[string]any{"name": "cart", "namespace": k.namespace, "serviceType": "loadBalancer", "labels": map[string]any{}, "selector": map[string]any{"app": "cart"}, "externalIPs": []any{},
			"clusterIP": map[string]any{"ipAddress": "10.0.12.7"}, "servicePorts": []any{map[string]any{"name": "http", "port": 80, "targetPort": "8080", "protocol": "tcp", "nodePort": nil, "appProtocol": nil}}}, map[string]any{"Type": "K8s-service"}))
}

func sqlBruteForce(s *scene) {
	ip := s.attackerIP()
	var srv *directory.Device
	for _, i := range s.d.Perm(len(s.env.Dir.Servers)) {
		if srv = s.env.Dir.Servers[i]; srv.IsWindows() && !srv.DC {
			break
		}
	}
	svc := activity.AccountOf(s.env.Dir.Service("svc-sql"))
	row := s.see(s.Logon(s.now, srv, svc, "Network", ip, false))
	for range 9 + s.d.IntN(12) {
		row = s.see(s.Logon(s.blink(), srv, svc, "Network", ip, false))
	}
	s.raise(spec{source: "mdc", detection: "microsoftDefenderForDatabases", huntDetection: "Microsoft Defender for Databases", title: "Suspected brute force attack attempt", category: "CredentialAccess", severity: "high", techniques: []string{"T1110"},
		text: "Many sign-ins to the database failed within a short time.", actions: "Close the port to the internet."},
		s.device(srv, row), s.ip(ip, "", row).as("malicious", "attacker"), s.azureResource(srv))
}

func vaultAccess(s *scene) {
	u, ip := s.admin(), s.attackerIP()
	name := "kv-prod-" + s.d.Hex(2)
	id := resourceID("Microsoft.KeyVault", "vaults", name)
	appID := s.d.GUID()
	row := s.managed(s.now, u, activity.Azure(), "List Secrets", id, ip, "NG").Set("OAuthAppId", appID)
	s.raise(spec{source: "mdc", detection: "microsoftDefenderForKeyVault", huntDetection: "Microsoft Defender for Key Vault", title: "Unusual application accessed a key vault", category: "CredentialAccess", severity: "medium", techniques: []string{"T1555.006"},
		text: "An application that never did so before read secrets.", actions: "Check the application and rotate what it read."},
		s.resource(id, name, "vaults", row), s.ip(ip, "NG", row).as("suspicious"), s.user(u, row), s.principal(appID, "ci-runner", row))
	s.wait(2*time.Minute, 6*time.Minute)
	sub := "/subscriptions/" + subscription
	run := s.managed(s.now, u, activity.Azure(), "Run VirtualMachines RunCommand", sub, ip, "NG")
	s.raise(spec{source: "mdc", detection: "microsoftDefenderForResourceManager", huntDetection: "Microsoft Defender for Resource Manager", title: "Suspicious invocation of a high-risk operation detected", category: "Execution", severity: "medium", techniques: []string{"T1651"},
		text: "An operation was called that attackers like to use.", actions: "Ask the person whether this was them."},
		s.resource(sub, "Contoso production", "subscriptions", run), s.user(u, run), s.ip(ip, "NG", run).as("suspicious"))
}

func otherClouds(s *scene) {
	u, ip := s.admin(), s.attackerIP()
	bucket := "arn:aws:s3:::contoso-media-" + s.d.Hex(2)
	row := s.managed(s.now, u, activity.AWS(), "PutBucketPolicy", bucket, ip, "VN")
	s.raise(spec{source: "mdc", title: "Publicly accessible bucket was configured", category: "Exfiltration", severity: "medium", techniques: []string{"T1537"},
		text: "A bucket was opened to everybody.", actions: "Close the bucket."},
		s.piece("amazonResourceEvidence", "AmazonResource", row, bucket, map[string]any{"amazonAccountId": "000000000000", "amazonResourceId": bucket, "resourceName": "contoso-media", "resourceType": "s3"}, map[string]any{"Type": "aws-resource"}),
		s.user(u, row), s.ip(ip, "VN", row).as("suspicious"))
	s.wait(time.Minute, 5*time.Minute)
	project := "//compute.googleapis.com/projects/contoso-lab/zones/europe-west3-a/instances/runner-" + s.d.Hex(2)
	made := s.managed(s.now, u, activity.GCP(), "v1.compute.instances.insert", project, ip, "VN")
	s.raise(spec{source: "mdc", title: "Instance created in a region that is not used", category: "Impact", severity: "low", techniques: []string{"T1535"},
		text: "A machine was started where none ran before.", actions: "Stop the machine unless it was meant."},
		s.piece("googleCloudResourceEvidence", "GoogleCloudResource", made, project, map[string]any{"fullResourceName": project, "location": "europe-west3-a", "locationType": "zonal", "projectId": "contoso-lab", "projectNumber": 100200300400,
			"resourceName": "runner", "resourceType": "GCE Instance"}, map[string]any{"Type": "gcp-resource"}), s.user(u, made), s.ip(ip, "VN", made).as("suspicious"))
	repo := "https://github.com/contoso-example/shop"
	push := s.managed(s.blink(), u, activity.GitHub(), "repo.access", repo, ip, "VN")
	s.raise(spec{source: "mdca", title: "Repository visibility changed to public", category: "Exfiltration", severity: "high", techniques: []string{"T1567.001"}, track: "app",
		text: "A private repository was made public.", actions: "Make the repository private and rotate the secrets in it."},
		s.user(u, push), s.ip(ip, "VN", push), s.piece("gitHubRepoEvidence", "GitHubRepo", push, repo, map[string]any{"repoId": "7001", "baseUrl": repo, "login": "shop", "owner": "contoso-example", "ownerType": "Organization"}, map[string]any{"Type": "GitHub-repo"}),
		s.piece("gitHubOrganizationEvidence", "GitHubOrganization", push, repo, map[string]any{"orgId": "70", "login": "contoso-example", "displayName": "Contoso", "email": nil, "company": "Contoso", "webUrl": "https://github.com/contoso-example"}, map[string]any{"Type": "GitHub-organization"}),
		s.piece("gitHubUserEvidence", "GitHubUser", push, repo, map[string]any{"userId": "7", "login": u.Account, "name": u.Name, "email": u.Mail, "webUrl": "https://github.com/" + u.Account}, map[string]any{"Type": "GitHub-user"}))
}

func aiJailbreak(s *scene) {
	u := s.victim()
	agent := dice.Pick(s.d, []string{"Order helper", "HR answers", "Travel desk"})
	id := resourceID("Microsoft.CognitiveServices", "accounts", "ai-assist")
	row := s.managed(s.now, u, activity.Azure(), "Write ChatCompletions", id, u.HomeIP, directory.CountryCode(u.Country))
	s.raise(spec{source: "mdc", detection: "microsoftDefenderForAIServices", huntDetection: "Microsoft Defender for AI Services", title: "A Jailbreak attempt on an Azure AI model deployment was blocked by Prompt Shields", category: "Execution", severity: "medium", techniques: []string{"T0054"},
		text: "A prompt tried to make the model forget its instructions.", actions: "Look at who asked and what for."},
		s.resource(id, "ai-assist", "accounts", row), s.user(u, row), s.piece("aiAgentEvidence", "AIAgent", row, id, map[string]any{"agentId": s.d.GUID(), "agentName": agent, "hostingPlatformType": "azureAIFoundry", "instructions": nil}, map[string]any{"Type": "ai-agent"}))
}
