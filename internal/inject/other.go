//go:build !(linux && amd64)

package inject

import "context"

// Run runs a program until it ends or ctx does; then it is killed.
func Run(context.Context, Program) (Result, error) { return Result{}, ErrUnsupported }
