package cli

import (
	"fmt"
	"net/url"

	"github.com/spf13/cobra"
)

func incidentTask(t *target) *cobra.Command {
	cmd := &cobra.Command{Use: "task", Short: "What is to do for an incident: list, add, complete, reopen, remove"}
	cmd.AddCommand(taskList(t), taskAdd(t), taskSet(t, "complete", "Completed"), taskSet(t, "reopen", "New"), taskRemove(t))
	return cmd
}

func taskList(t *target) *cobra.Command {
	return &cobra.Command{
		Use: "list NUMBER", Short: "The tasks of an incident", Example: "  vedette incident task list 17", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			n, err := number(args[0])
			if err != nil {
				return err
			}
			return t.list(cmd, "/incidents/"+n+"/tasks", []string{"name", "status", "title", "description", "createdBy", "createdTimeUtc"})
		},
	}
}

func taskAdd(t *target) *cobra.Command {
	var description string
	cmd := &cobra.Command{
		Use: "add NUMBER TITLE", Short: "Add a task", Example: "  vedette incident task add 17 'call the user' --description 'ask about the mail'", Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			n, err := number(args[0])
			if err != nil {
				return err
			}
			var out map[string]any
			if err := t.call(cmd.Context(), "POST", "/incidents/"+n+"/tasks", map[string]string{"title": args[1], "description": description}, &out); err != nil {
				return err
			}
			if t.json {
				return t.printJSON(out)
			}
			fmt.Fprintf(t.env.Stdout, "Task %v added.\n", out["name"])
			return nil
		},
	}
	cmd.Flags().StringVar(&description, "description", "", "more `TEXT`")
	return cmd
}

// taskSet is the command that gives a task a status.
func taskSet(t *target, verb, status string) *cobra.Command {
	return &cobra.Command{
		Use: verb + " NUMBER TASK", Short: "Make a task " + status, Example: "  vedette incident task " + verb + " 17 6f6b3a52-0f0e-4c4e-9d3e-0a5f7c1b2d3e", Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			n, err := number(args[0])
			if err != nil {
				return err
			}
			var out map[string]any
			if err := t.call(cmd.Context(), "PATCH", "/incidents/"+n+"/tasks/"+url.PathEscape(args[1]), map[string]string{"status": status}, &out); err != nil {
				return err
			}
			if t.json {
				return t.printJSON(out)
			}
			fmt.Fprintf(t.env.Stdout, "Task %v is %v.\n", clean(fmt.Sprint(out["title"])), out["status"])
			return nil
		},
	}
}

func taskRemove(t *target) *cobra.Command {
	return &cobra.Command{
		Use: "remove NUMBER TASK", Short: "Remove a task", Example: "  vedette incident task remove 17 6f6b3a52-0f0e-4c4e-9d3e-0a5f7c1b2d3e", Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			n, err := number(args[0])
			if err != nil {
				return err
			}
			return t.call(cmd.Context(), "DELETE", "/incidents/"+n+"/tasks/"+url.PathEscape(args[1]), nil, nil)
		},
	}
}
