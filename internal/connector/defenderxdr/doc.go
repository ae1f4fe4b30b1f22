// Package defenderxdr is the connector of a Microsoft Defender XDR tenant: it pulls incidents and alerts through Microsoft
// Graph, turns them into the workspace's words, and carries changes back.
//
// The pull assumes no order of the tenant's lists: it reads closed windows of lastUpdateDateTime, newest first, and moves
// its checkpoint only after everything of a window is merged. What cannot be read is fetched alone, then put aside with a
// health report; the stream goes on. Nothing of the tenant's JSON is lost: it is kept whole beside what is understood.
package defenderxdr
