// Reads Kubernetes objects from standard input and decodes each strictly into the official type of its API: an
// unknown, misspelt or doubled field and a value of another type are errors.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"

	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/kubernetes/scheme"
)

func main() {
	decoder := serializer.NewCodecFactory(scheme.Scheme, serializer.EnableStrict).UniversalDeserializer()
	reader := yaml.NewYAMLReader(bufio.NewReader(os.Stdin))
	count, failed := 0, 0
	for {
		document, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		count++
		if _, kind, err := decoder.Decode(document, nil, nil); err != nil {
			failed++
			fmt.Fprintf(os.Stderr, "object %d (%v): %v\n", count, kind, err)
		}
	}
	fmt.Printf("%d objects, %d with faults\n", count, failed)
	if count == 0 || failed > 0 {
		os.Exit(1)
	}
}
