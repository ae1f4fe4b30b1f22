package app

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"path/filepath"
)

// SocketPath is the operator's unix socket of a data folder. Socket names are short by nature (108 bytes): a deep folder's
// socket stands in the system's temporary folder, in a folder only this account may enter.
func SocketPath(data string) string {
	p := filepath.Join(data, "vedette.sock")
	if len(p) <= 100 {
		return p
	}
	sum := sha256.Sum256([]byte(data))
	return filepath.Join(os.TempDir(), fmt.Sprintf("vedette-%d", os.Getuid()), hex.EncodeToString(sum[:8])+".sock")
}

// listenSocket binds the operator's socket, replacing one that a killed server left. The data folder's lock is held, so
// nobody else can be behind it.
func listenSocket(data string) (net.Listener, error) {
	p := SocketPath(data)
	if err := os.MkdirAll(filepath.Dir(p), 0o700); err != nil {
		return nil, fmt.Errorf("making the socket's folder: %w", err)
	}
	if err := os.Remove(p); err != nil && !os.IsNotExist(err) {
		return nil, fmt.Errorf("removing the old socket: %w", err)
	}
	l, err := net.Listen("unix", p)
	if err != nil {
		return nil, fmt.Errorf("listening on the operator's socket: %w", err)
	}
	if err := os.Chmod(p, 0o600); err != nil {
		return nil, fmt.Errorf("protecting the operator's socket: %w", err)
	}
	return l, nil
}
