package cli

import (
	"io"

	"github.com/spf13/cobra"
)

func incidentReport(t *target) *cobra.Command {
	return &cobra.Command{
		Use: "report NUMBER", Short: "The whole incident as a Markdown document", Example: "  vedette incident report 17 > incident-17.md", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			n, err := number(args[0])
			if err != nil {
				return err
			}
			c, prefix, err := t.workspace(cmd.Context())
			if err != nil {
				return err
			}
			body, err := c.Open(cmd.Context(), "GET", prefix+"/incidents/"+n+"/report", nil)
			if err != nil {
				return err
			}
			defer body.Close()
			_, err = io.Copy(t.env.Stdout, body)
			return err
		},
	}
}
