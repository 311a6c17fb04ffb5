package dynamodb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"

	smithy "github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/tracehook/tracehook/exporter/delivery"
)

// known finds out whether there are credentials. The zero Verdict says that there are.
func (t *table) known(ctx context.Context) delivery.Verdict {
	_, err := t.credentials.Retrieve(ctx)
	switch {
	case err == nil:
		return delivery.Verdict{}
	case ctx.Err() != nil:
		return delivery.Verdict{Outcome: delivery.Retry, Err: fmt.Errorf("AWS credentials: %w", context.Cause(ctx))}
	}
	return delivery.Verdict{Outcome: delivery.Barred, Err: fmt.Errorf(
		"there are no AWS credentials: %s (set access_key and secret_key, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile or a role)",
		t.printable(ctx, err.Error()))}
}

// verdict says what a failed request comes to.
func (t *table) verdict(ctx context.Context, err error) delivery.Verdict {
	status := 0
	if answer, ok := errors.AsType[*smithyhttp.ResponseError](err); ok {
		status = answer.HTTPStatusCode()
	}
	api, ok := errors.AsType[smithy.APIError](err)
	switch {
	case ok && api.ErrorCode() != "UnknownError":
		return t.ofCode(ctx, api.ErrorCode(), api.ErrorMessage(), status)
	case status > 0:
		return t.ofStatus(ctx, status, err)
	}
	outcome, uncertain := delivery.OfError(err)
	return delivery.Verdict{Outcome: outcome, Uncertain: uncertain, Err: &networkError{t.say(ctx, err.Error()), err}}
}

// networkError keeps the cause for errors.Is, but not its words, which may hold a secret.
type networkError struct {
	text  error
	cause error
}

func (e *networkError) Error() string { return e.text.Error() }
func (e *networkError) Unwrap() error { return e.cause }

// ofCode classifies what DynamoDB says.
func (t *table) ofCode(ctx context.Context, code, message string, status int) delivery.Verdict {
	v := delivery.Verdict{Outcome: delivery.Refused, Answered: true}
	hint := ""
	switch code {
	case "ProvisionedThroughputExceededException", "ThrottlingException", "Throttling", "RequestLimitExceeded",
		"LimitExceededException", "TooManyRequestsException":
		v.Outcome, hint = delivery.Retry, "the capacity of the table or of the account is used up"
	case "InternalServerError", "InternalFailure", "ServiceUnavailable", "ServiceUnavailableException",
		"ReplicatedWriteConflictException", "TransactionConflictException":
		v.Outcome, v.Uncertain = delivery.Retry, true
	case "ResourceInUseException":
		v.Outcome, hint = delivery.Retry, "the table is being made or changed"
	case "ResourceNotFoundException":
		return t.missing(ctx, message)
	case "UnrecognizedClientException", "InvalidSignatureException", "SignatureDoesNotMatch", "InvalidClientTokenId",
		"IncompleteSignature", "IncompleteSignatureException", "MissingAuthenticationToken",
		"MissingAuthenticationTokenException", "ExpiredToken", "ExpiredTokenException", "AuthFailure":
		v.Outcome, hint = delivery.Barred, "check the credentials, and that they are of this account and region"
	case "AccessDenied", "AccessDeniedException", "NotAuthorized", "OptInRequired":
		v.Outcome, hint = delivery.Barred, "allow dynamodb:BatchWriteItem on the table"
	case "UnknownOperationException", "InvalidAction":
		v.Outcome, hint = delivery.Barred, "this is no DynamoDB: check endpoint"
	case "ValidationException":
		return t.invalid(ctx, message)
	default:
		if status >= 500 {
			v.Outcome, v.Uncertain = delivery.Retry, true
		}
	}
	v.Err = t.say(ctx, code+": "+message, hint)
	return v
}

// invalid classifies what DynamoDB calls a mistake in a request.
func (t *table) invalid(ctx context.Context, message string) delivery.Verdict {
	words := strings.ToLower(message)
	contains := func(parts ...string) bool {
		return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(words, part) })
	}
	switch {
	case contains("item size", "item collection size", "exceeded the maximum allowed size"):
		return delivery.Verdict{Outcome: delivery.TooLarge, Answered: true, Err: t.say(ctx, message)}
	case contains("does not match the schema", "type mismatch for key", "missing the key", "key values in the item",
		"required keys was not given"):
		return delivery.Verdict{Outcome: delivery.Barred, Answered: true, Err: t.say(ctx, message, t.otherKey(ctx))}
	default:
		return delivery.Verdict{Outcome: delivery.Refused, Answered: true, Err: t.say(ctx, message)}
	}
}

// ofStatus classifies an answer without DynamoDB's words.
func (t *table) ofStatus(ctx context.Context, status int, err error) delivery.Verdict {
	v := delivery.Verdict{Outcome: delivery.Barred, Answered: true}
	hint := "this is no DynamoDB: check endpoint"
	switch {
	case status == 413:
		v.Outcome, hint = delivery.TooLarge, ""
	case status == 429, status >= 500:
		v.Outcome, v.Uncertain, hint = delivery.Retry, status != 429 && status != 503, ""
	case isCut(err):
		v.Outcome, v.Uncertain, hint = delivery.Retry, true, ""
	}
	v.Err = t.say(ctx, fmt.Sprintf("answered %d: %v", status, err), hint)
	return v
}

// isCut reports that an answer has begun and its end hasn't come: nobody knows whose it is.
func isCut(err error) bool {
	_, ok := errors.AsType[net.Error](err) // time-outs, too
	return ok || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, context.Canceled)
}

// say makes a sentence of what the destination said and what to do about it.
func (t *table) say(ctx context.Context, said string, hint ...string) error {
	words := t.place() + ": " + t.printable(ctx, said)
	if h := strings.Join(hint, ""); h != "" {
		words += " (" + h + ")"
	}
	return errors.New(words)
}

// printable hides the credentials, which AWS repeats in what it says about a wrong signature.
func (t *table) printable(ctx context.Context, said string) string {
	secrets := delivery.Secrets{t.SecretKey.Reveal(), t.SessionToken.Reveal()}
	if c, err := t.credentials.Retrieve(ctx); err == nil {
		secrets = append(secrets, c.SecretAccessKey, c.SessionToken)
	}
	return secrets.Printable(said)
}
