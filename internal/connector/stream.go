package connector

import (
	"context"
	"errors"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/health"
)

// DefenderXDR is the id of the Microsoft Defender XDR connector.
const DefenderXDR = "defender-xdr"

// Stream is one ordered source within a connection.
type Stream interface {
	// Name is unique within the connection and stable: "incidents", "events/insights-logs-advancedhunting".
	Name() string
	// Run works until ctx ends, then returns nil or ctx's error with everything it started stopped. Any other return is
	// a failure: the runner reports it and starts the stream again.
	Run(ctx context.Context) error
}

// Component returns the name of a stream on the health board.
func Component(connector, stream string) string { return "connector/" + connector + "/" + stream }

// Reporter reports the health of one stream. The zero Board is allowed: nothing is reported.
type Reporter struct {
	Board     *health.Board
	Workspace string
	Component string
}

// NewReporter returns the reporter of a stream of the Defender XDR connector.
func NewReporter(b *health.Board, workspace, stream string) Reporter {
	return Reporter{Board: b, Workspace: workspace, Component: Component(DefenderXDR, stream)}
}

// OK reports that the stream works.
func (r Reporter) OK(description string) { r.report(health.OK, "", description) }

// Warn reports that the stream works, but somebody should look. reason is a stable word.
func (r Reporter) Warn(reason, description string) { r.report(health.Warning, reason, description) }

// Fail reports that the stream does not work, with the code and the text of the error.
func (r Reporter) Fail(err error) {
	if err == nil || errors.Is(err, context.Canceled) {
		return
	}
	r.report(health.Failure, fault.CodeOf(err), err.Error())
}

func (r Reporter) report(s health.Status, reason, description string) {
	if r.Board == nil {
		return
	}
	r.Board.Report(health.Report{Workspace: r.Workspace, Component: r.Component, Status: s, Reason: reason, Description: description})
}
