package dynamodb

import (
	"context"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go/logging"

	"github.com/tracehook/tracehook/exporter/delivery"
)

// load reads what the AWS SDK knows of this machine. It looks at files and the environment, and asks
// nobody.
func (o *Options) load(ctx context.Context) (aws.Config, error) {
	opts := []func(*config.LoadOptions) error{
		config.WithRetryer(func() aws.Retryer { return aws.NopRetryer{} }), // package delivery retries
		config.WithLogger(logging.Nop{}),
	}
	if o.Region != "" {
		opts = append(opts, config.WithRegion(o.Region))
	}
	if o.Profile != "" {
		opts = append(opts, config.WithSharedConfigProfile(o.Profile))
	}
	if o.AccessKey != "" {
		opts = append(opts, config.WithCredentialsProvider(
			credentials.NewStaticCredentialsProvider(o.AccessKey, o.SecretKey.Reveal(), o.SessionToken.Reveal())))
	}
	cfg, err := config.LoadDefaultConfig(ctx, opts...)
	if err == nil && cfg.Region == "" && o.Endpoint != "" {
		cfg.Region = "us-east-1" // a signature needs one, and nobody there looks at it
	}
	return cfg, err
}

// openTable makes the transport from what is in the files now.
func openTable(ctx context.Context, o Options, k keys) (delivery.Transport, error) {
	cfg, err := o.load(ctx)
	if err != nil {
		return nil, err
	}
	tls, err := o.TLSFiles.Load()
	if err != nil {
		return nil, err
	}
	roundTripper := delivery.NewRoundTripper(tls, nil) // never one that others have instrumented
	cfg.HTTPClient = &http.Client{
		Transport:     roundTripper,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return &table{
		Options: o, keys: k, client: o.clientOf(cfg), credentials: cfg.Credentials, region: cfg.Region,
		idle: roundTripper.CloseIdleConnections, making: make(chan struct{}, 1),
	}, nil
}

// clientOf returns the client. It asks nobody.
func (o *Options) clientOf(cfg aws.Config) *dynamodb.Client {
	return dynamodb.NewFromConfig(cfg, func(c *dynamodb.Options) {
		if o.Endpoint != "" {
			c.BaseEndpoint = aws.String(o.Endpoint)
		}
	})
}
