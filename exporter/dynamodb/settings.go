package dynamodb

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/delivery"
	"github.com/tracehook/tracehook/setting"
)

const defaultTimeout = 10 * time.Second

// tableName is what DynamoDB takes: a name, or the ARN of a table of another account.
var tableName = regexp.MustCompile(`^([a-zA-Z0-9_.-]{3,255}|arn:[a-zA-Z0-9_.:/-]{1,1000})$`)

// FromSettings turns the configuration of a connection into Options, or returns everything that is
// wrong with it.
func FromSettings(s exporter.Settings) (Options, error) {
	d := s.Table("setting")
	o := Options{
		Logger:   s.Logger,
		Table:    d.String(DefaultTable, "table"),
		Region:   d.String("", "region"),
		Endpoint: d.String("", "endpoint", "url"),
		Profile:  d.String("", "profile"),

		AccessKey: d.String("", "access_key", "access_key_id"),
		SecretKey: d.Secret("secret_key", "secret_access_key"), SessionToken: d.Secret("session_token"),

		Create:       d.Bool(false, "create"),
		TTL:          d.DurationIn(0, setting.Bounds{Least: time.Second, Most: 100 * 365 * 24 * time.Hour}, "ttl"),
		TTLAttribute: d.String("expires", "ttl_attribute"),
		Timeout:      d.DurationIn(defaultTimeout, delivery.Timeouts(), "timeout"),

		MaxRequestBytes: delivery.ReadMaxBytes(d),
		TLSFiles:        delivery.ReadTLSFiles(d),
		Span: exporter.Settings{
			Connection: s.Connection, Driver: s.Driver, Fields: s.Fields, Flag: s.Flag, Identity: s.Identity,
			Source: s.Source, Path: s.Path,
		},
	}
	if d.Word("recorder", []string{"recorder", "otel"}, "schema") == "otel" {
		o.Schema = OTel
	}
	o.check(s, d)
	retry, err := delivery.ReadRetry(s)
	o.Backoff, o.Budget, o.Once = retry.Backoff, retry.Budget, retry.Once
	errs := []error{err}
	if s.Format != "" {
		errs = append(errs, s.Problem("format", "a table has no lines: select attributes with fields"))
	}
	if s.JSON {
		errs = append(errs, s.Problem("json", "a table has no lines: leave it out"))
	}
	_, err = o.newCodec()
	return o, errors.Join(append(errs, err, d.Err())...)
}

// check reports what is wrong with single settings and with some of them together.
func (o *Options) check(s exporter.Settings, d *setting.Table) {
	if !tableName.MatchString(o.Table) {
		d.Problem("table", "%q is no name of a table: want 3 to 255 letters, digits, dots, hyphens and underscores", o.Table)
	}
	if o.TTLAttribute == "" {
		d.Problem("ttl_attribute", "an attribute needs a name")
	}
	switch {
	case (o.AccessKey == "") != (o.SecretKey.Reveal() == ""):
		d.Problem(d.Name("secret_key", "secret_access_key"), "access_key and secret_key belong together: set both, or leave both out to use the AWS environment, profile or role")
	case o.AccessKey == "" && o.SessionToken.Reveal() != "":
		d.Problem("session_token", "a session token belongs to access_key and secret_key: set them, too")
	case o.AccessKey != "" && o.Profile != "":
		d.Problem("profile", "credentials come from the profile or from access_key: leave one of them out")
	}
	secure := true
	if o.Endpoint != "" {
		u, err := url.Parse(o.Endpoint)
		switch {
		case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
			d.Problem(d.Name("endpoint", "url"), "want http://HOST:PORT or https://HOST:PORT, have %q", delivery.Place(o.Endpoint))
			return
		case u.User != nil:
			d.Problem(d.Name("endpoint", "url"), "an address has no credentials here: use access_key and secret_key")
			return
		}
		secure = u.Scheme == "https"
	}
	if !o.TLSFiles.Empty() && !secure {
		o.TLSFiles.Unsecured(d, "write https://")
		return
	}
	o.TLSFiles.Config(d.Problem, d.ProblemHere)
	cfg, err := o.load(context.Background())
	switch {
	case err != nil:
		d.ProblemHere("profile", "the AWS configuration of this machine can't be used: %v", err)
		return
	case cfg.Region == "":
		d.ProblemHere("region", "no AWS region is known: set region, AWS_REGION, or region in ~/.aws/config")
	}
	address := o.clientOf(cfg).Options().BaseEndpoint // also the environment's
	if address != nil {
		delivery.RequireTLS(s, d.Problem, cmp.Or(d.Name("endpoint", "url"), "endpoint"), *address, strings.HasPrefix(*address, "https://"), "write https://")
	}
}

// files are those whose changes are to be noticed.
func (o *Options) files() []string {
	files := []string{o.TLSFiles.CA, o.TLSFiles.Cert, o.TLSFiles.Key}
	if o.AccessKey == "" {
		files = append(files,
			cmp.Or(os.Getenv("AWS_SHARED_CREDENTIALS_FILE"), config.DefaultSharedCredentialsFilename()),
			cmp.Or(os.Getenv("AWS_CONFIG_FILE"), config.DefaultSharedConfigFilename()))
	}
	return files
}
