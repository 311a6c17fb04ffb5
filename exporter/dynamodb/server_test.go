package dynamodb_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awsdynamodb "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/dynamodb"
)

const (
	accessKey = "AKIDEXAMPLE"
	secretKey = "pl4nted-s3cr3t"
)

// dynalite is a DynamoDB of others, which make dynalite installs.
const dynalite = "../../.tools/dynalite"

var (
	startServer sync.Once
	process     *exec.Cmd
	stdin       io.Closer
	serverURL   string
)

// server returns the address of a DynamoDB, and skips the test where there is none.
func server(tb testing.TB) string {
	tb.Helper()
	startServer.Do(func() { start(tb) })
	if serverURL == "" {
		tb.Skip("there is no dynalite here, which is the DynamoDB of this test: run make dynalite, with npm and node")
	}
	return serverURL
}

func start(tb testing.TB) {
	tb.Helper()
	dir, err := filepath.Abs(dynalite)
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "node_modules", "dynalite")); err != nil {
		return
	}
	// It ends when its standard input does, however the test ends.
	const script = `process.stdin.on('end', () => process.exit()).resume();
require('dynalite')({createTableMs: 20}).listen(0, '127.0.0.1', function () { console.log(this.address().port) })`
	cmd := exec.Command("node", "-e", script) //nolint:noctx // it serves all tests
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		return // no node
	}
	port, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		tb.Fatalf("dynalite doesn't start: %v", err)
	}
	process, stdin, serverURL = cmd, in, "http://127.0.0.1:"+strings.TrimSpace(port)
}

func stopServer() {
	if process != nil {
		_ = stdin.Close()
		_ = process.Wait()
	}
}

// client is the AWS SDK as others use it.
func client(tb testing.TB) *awsdynamodb.Client {
	tb.Helper()
	transport := &http.Transport{}
	tb.Cleanup(transport.CloseIdleConnections)
	return awsdynamodb.New(awsdynamodb.Options{
		BaseEndpoint: aws.String(server(tb)), Region: "us-east-1", HTTPClient: &http.Client{Transport: transport},
		Credentials: credentials.NewStaticCredentialsProvider(accessKey, secretKey, ""),
	})
}

var tables atomic.Int64

// newName returns the name of a table that isn't there.
func newName() string { return fmt.Sprintf("Traces-%d", tables.Add(1)) }

// settings are those of a connection that makes a table of its own.
func settings(url string, more ...any) exporter.Settings {
	setting := map[string]any{
		"endpoint": url, "table": newName(), "create": true, "access_key": accessKey, "secret_key": secretKey, "timeout": "10s",
	}
	for i := 0; i < len(more); i += 2 {
		setting[fmt.Sprint(more[i])] = more[i+1]
	}
	return exporter.Settings{
		Connection: "table", Driver: "dynamodb", Setting: setting,
		Retry: map[string]any{"initial": "5ms", "max": "50ms", "budget": "30s"},
	}
}

// optionsOf returns what the driver makes of settings.
func optionsOf(tb testing.TB, s exporter.Settings) dynamodb.Options {
	tb.Helper()
	o, err := dynamodb.FromSettings(s)
	if err != nil {
		tb.Fatal(err)
	}
	return o
}

// scan returns every item of a table.
func scan(tb testing.TB, table string) []map[string]types.AttributeValue {
	tb.Helper()
	var items []map[string]types.AttributeValue
	pages := awsdynamodb.NewScanPaginator(client(tb), &awsdynamodb.ScanInput{TableName: aws.String(table), ConsistentRead: aws.Bool(true)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(tb.Context())
		if err != nil {
			if strings.Contains(err.Error(), "ResourceNotFoundException") {
				return nil
			}
			tb.Fatal(err)
		}
		items = append(items, page.Items...)
	}
	return items
}

// makeTable makes a table by hand, with the capacity that the recorder's script gave to it.
func makeTable(tb testing.TB, name string, kind types.ScalarAttributeType, keys ...string) {
	tb.Helper()
	input := &awsdynamodb.CreateTableInput{
		TableName:             aws.String(name),
		ProvisionedThroughput: &types.ProvisionedThroughput{ReadCapacityUnits: aws.Int64(5), WriteCapacityUnits: aws.Int64(5)},
	}
	for i, key := range keys {
		input.KeySchema = append(input.KeySchema, types.KeySchemaElement{
			AttributeName: aws.String(key), KeyType: []types.KeyType{types.KeyTypeHash, types.KeyTypeRange}[i],
		})
		input.AttributeDefinitions = append(input.AttributeDefinitions, types.AttributeDefinition{
			AttributeName: aws.String(key), AttributeType: kind,
		})
	}
	c := client(tb)
	if _, err := c.CreateTable(tb.Context(), input); err != nil {
		tb.Fatal(err)
	}
	for {
		out, err := c.DescribeTable(tb.Context(), &awsdynamodb.DescribeTableInput{TableName: aws.String(name)})
		if err != nil {
			tb.Fatal(err)
		}
		if out.Table.TableStatus == types.TableStatusActive {
			return
		}
	}
}
