// Package directory reads people, groups and roles where a tenant keeps them: Microsoft Entra ID and Defender for Identity by
// Microsoft Graph, an on-premises domain by LDAPS. It hands them to entity behavior (package ueba) and stores nothing.
package directory
