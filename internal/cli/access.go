package cli

import (
	"fmt"
	"net/url"

	"github.com/spf13/cobra"
)

func newUser(env *Env) *cobra.Command {
	t := &target{env: env}
	cmd := &cobra.Command{Use: "user", Short: "People who may sign in"}
	t.flags(cmd)
	var name, role string
	add := &cobra.Command{
		Use: "add --name NAME --role ROLE", Short: "Add a person (or change the role) and print a one-time sign-in link",
		Example: "  vedette user add --name ada --role Responder", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := t.client()
			if err != nil {
				return err
			}
			var out struct {
				Link string `json:"link"`
			}
			if err := c.Do(cmd.Context(), "POST", "/api/users", map[string]string{"name": name, "role": role}, &out); err != nil {
				return err
			}
			if t.json {
				return t.printJSON(out)
			}
			fmt.Fprintf(env.Stdout, "%s may sign in as %s. This link works once, within 24 hours:\n%s\n", name, role, out.Link)
			return nil
		},
	}
	nameAndRole(add, &name, &role)
	cmd.AddCommand(add, userLink(t), listAccess(t, "users", "List the people", []string{"name", "role", "created", "objectId"}), removeAccess(t, "users"))
	return cmd
}

// userLink links an account to the user of a tenant that the person is.
func userLink(t *target) *cobra.Command {
	var name, tenant, object string
	cmd := &cobra.Command{
		Use: "link --name NAME --tenant ID --object ID", Short: "Link an account to a user of a tenant, whose roles are then checked; without ids, unlink it",
		Example: "  vedette user link --name ada --tenant 7f3c... --object 91d0...", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := t.client()
			if err != nil {
				return err
			}
			if err := c.Do(cmd.Context(), "PUT", "/api/users/"+url.PathEscape(name)+"/tenant", map[string]string{"tenantId": tenant, "objectId": object}, nil); err != nil {
				return err
			}
			if object == "" {
				fmt.Fprintf(t.env.Stdout, "%s is linked to no user of a tenant.\n", clean(name))
				return nil
			}
			fmt.Fprintf(t.env.Stdout, "%s is user %s of tenant %s.\n", clean(name), clean(object), clean(tenant))
			return nil
		},
	}
	cmd.Flags().StringVar(&name, "name", "", "`NAME` of the account")
	cmd.Flags().StringVar(&tenant, "tenant", "", "`ID` of the tenant")
	cmd.Flags().StringVar(&object, "object", "", "object `ID` of the user")
	must(cmd.MarkFlagRequired("name"))
	return cmd
}

func newPrincipal(env *Env) *cobra.Command {
	t := &target{env: env}
	cmd := &cobra.Command{Use: "principal", Short: "Programs that may call the API"}
	t.flags(cmd)
	var name, role string
	add := &cobra.Command{
		Use: "add --name NAME --role ROLE", Short: "Add a program and print its secret, this once",
		Example: "  vedette principal add --name grafana --role Reader", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := t.client()
			if err != nil {
				return err
			}
			var out map[string]string
			if err := c.Do(cmd.Context(), "POST", "/api/principals", map[string]string{"name": name, "role": role}, &out); err != nil {
				return err
			}
			return t.printJSON(out)
		},
	}
	nameAndRole(add, &name, &role)
	cmd.AddCommand(add, listAccess(t, "principals", "List the programs", []string{"name", "clientId", "role", "created"}), removeAccess(t, "principals"))
	return cmd
}

func nameAndRole(cmd *cobra.Command, name, role *string) {
	cmd.Flags().StringVar(name, "name", "", "`NAME`")
	cmd.Flags().StringVar(role, "role", "", "`ROLE`: Reader, Responder, Contributor or Owner")
	must(cmd.MarkFlagRequired("name"))
	must(cmd.MarkFlagRequired("role"))
}

func listAccess(t *target, what, short string, cols []string) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: short, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := t.client()
			if err != nil {
				return err
			}
			var out struct {
				Items []map[string]any `json:"items"`
			}
			if err := c.Do(cmd.Context(), "GET", "/api/"+what, nil, &out); err != nil {
				return err
			}
			if t.json {
				return t.printJSON(out.Items)
			}
			rows := make([][]any, len(out.Items))
			for i, it := range out.Items {
				for _, k := range cols {
					rows[i] = append(rows[i], it[k])
				}
			}
			grid(t.env.Stdout, cols, rows)
			return nil
		},
	}
}

func removeAccess(t *target, what string) *cobra.Command {
	return &cobra.Command{
		Use: "remove NAME", Short: "Remove one; it stops working at once", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := t.client()
			if err != nil {
				return err
			}
			return c.Do(cmd.Context(), "DELETE", "/api/"+what+"/"+url.PathEscape(args[0]), nil, nil)
		},
	}
}

func newHealth(env *Env) *cobra.Command {
	t := &target{env: env}
	cmd := &cobra.Command{
		Use: "health", Short: "State of every component of the server", Example: "  vedette health", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := t.client()
			if err != nil {
				return err
			}
			var out struct {
				Items []struct {
					Workspace, Component, Status, Reason, Description, Time string
				} `json:"items"`
			}
			if err := c.Do(cmd.Context(), "GET", "/api/health", nil, &out); err != nil {
				return err
			}
			if t.json {
				return t.printJSON(out.Items)
			}
			var rows [][]any
			for _, h := range out.Items {
				rows = append(rows, []any{h.Status, h.Component, h.Reason, h.Description, h.Time})
			}
			grid(env.Stdout, []string{"status", "component", "reason", "description", "since"}, rows)
			return nil
		},
	}
	t.flags(cmd)
	return cmd
}
