// Checks a ledger with Go's own sumdb/note and sumdb/tlog, unmodified: signature, root, and consistency of every
// checkpoint with the one before. Arguments: the public key's file, the log's lines in one file, the checkpoints.
package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	if err := check(os.Args[1], os.Args[2], os.Args[3:]); err != nil {
		fmt.Println("REFUSED:", err)
		os.Exit(1)
	}
}

func check(keyFile, logFile string, checkpoints []string) error {
	key, err := os.ReadFile(keyFile)
	if err != nil {
		return err
	}
	verifier, err := note.NewVerifier(strings.TrimSpace(string(key)))
	if err != nil {
		return err
	}
	content, err := os.ReadFile(logFile)
	if err != nil {
		return err
	}
	lines := bytes.Split(bytes.TrimSuffix(content, []byte("\n")), []byte("\n"))
	var hashes []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		found := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			found[i] = hashes[index]
		}
		return found, nil
	})
	for i, line := range lines {
		stored, err := tlog.StoredHashes(int64(i), line, reader)
		if err != nil {
			return err
		}
		hashes = append(hashes, stored...)
	}
	var before tlog.Tree
	for _, path := range checkpoints {
		signed, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		opened, err := note.Open(signed, note.VerifierList(verifier))
		if err != nil {
			return err
		}
		tree, err := parse(opened.Text, verifier.Name())
		if err != nil {
			return err
		}
		if tree.N > int64(len(lines)) {
			return fmt.Errorf("TRUNCATED, covers %d, has %d", tree.N, len(lines))
		}
		root, err := tlog.TreeHash(tree.N, reader)
		if err != nil {
			return err
		}
		if root != tree.Hash {
			return fmt.Errorf("another root over %d lines", tree.N)
		}
		if before.N > 0 {
			proof, err := tlog.ProveTree(tree.N, before.N, reader)
			if err != nil {
				return err
			}
			if err := tlog.CheckTree(proof, tree.N, tree.Hash, before.N, before.Hash); err != nil {
				return err
			}
		}
		before = tree
	}
	fmt.Printf("OK: %d checkpoints, the last over %d of %d lines\n", len(checkpoints), before.N, len(lines))
	return nil
}

func parse(text, origin string) (tlog.Tree, error) {
	parts := strings.Split(text, "\n")
	if len(parts) != 4 || parts[0] != origin {
		return tlog.Tree{}, fmt.Errorf("not a checkpoint of %s", origin)
	}
	size, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	root, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(root) != tlog.HashSize {
		return tlog.Tree{}, fmt.Errorf("no root")
	}
	return tlog.Tree{N: size, Hash: tlog.Hash(root)}, nil
}
