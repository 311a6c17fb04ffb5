package dynamodb

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/tracehook/tracehook/exporter/delivery"
)

// lookAgain is the time between two looks at a table that is being made.
const lookAgain = 250 * time.Millisecond

// missing makes the table, if that is wanted. The zero Verdict says that it is there now.
func (t *table) missing(ctx context.Context, message string) delivery.Verdict {
	if !t.Create {
		return delivery.Verdict{Outcome: delivery.Barred, Answered: true, Err: t.say(ctx, message,
			fmt.Sprintf("there is no table %q in region %s: make it with the key %s, or set create = true", t.table(), t.region, t.keys))}
	}
	select {
	case t.making <- struct{}{}:
	case <-ctx.Done():
		return delivery.Verdict{Outcome: delivery.Retry, Answered: true, Err: t.say(ctx, "the table is being made")}
	}
	defer func() { <-t.making }()
	made, err := t.make(ctx)
	switch {
	case err != nil:
		v := delivery.Verdict{Outcome: delivery.Barred, Answered: true}
		if ctx.Err() != nil {
			v.Outcome = delivery.Retry
		}
		v.Err = t.say(ctx, "the table can't be made: "+err.Error(), "allow dynamodb:CreateTable and dynamodb:DescribeTable, or make the table by hand")
		return v
	case !made:
		return delivery.Verdict{Outcome: delivery.Retry, Answered: true, Err: t.say(ctx, "the table is being made")}
	}
	return delivery.Verdict{}
}

// make makes the table and waits until it can be written.
func (t *table) make(ctx context.Context) (done bool, err error) {
	_, err = t.client.CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName:   aws.String(t.table()),
		BillingMode: types.BillingModePayPerRequest,
		KeySchema: []types.KeySchemaElement{
			{AttributeName: aws.String(t.hash), KeyType: types.KeyTypeHash},
			{AttributeName: aws.String(t.sort), KeyType: types.KeyTypeRange},
		},
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: aws.String(t.hash), AttributeType: t.scalarType()},
			{AttributeName: aws.String(t.sort), AttributeType: t.scalarType()},
		},
	})
	if err != nil && !strings.Contains(err.Error(), "ResourceInUseException") { // somebody else makes it
		return false, err
	}
	for {
		out, err := t.client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: aws.String(t.table())})
		switch {
		case err == nil && out.Table.TableStatus == types.TableStatusActive:
			t.Logger.InfoContext(ctx, "the table is made", "table", t.table())
			t.expireItems(ctx)
			return true, nil
		case err != nil && !strings.Contains(err.Error(), "ResourceNotFoundException"):
			return false, err
		case !outlives(ctx, lookAgain) || !sleep(ctx, lookAgain):
			return false, nil
		}
	}
}

// expireItems has DynamoDB remove items of a new table. What it says against that is no reason not to write.
func (t *table) expireItems(ctx context.Context) {
	if t.TTL <= 0 {
		return
	}
	_, err := t.client.UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{
		TableName: aws.String(t.table()),
		TimeToLiveSpecification: &types.TimeToLiveSpecification{
			AttributeName: aws.String(t.ttlAttribute()), Enabled: aws.Bool(true),
		},
	})
	if err != nil {
		t.Logger.WarnContext(ctx, "DynamoDB won't remove items whose time is over: switch time to live on by hand",
			"table", t.table(), "attribute", t.ttlAttribute(), "error", t.printable(ctx, err.Error()))
	}
}

// otherKey compares the key that the table has with ours, as far as we may look at it.
func (t *table) otherKey(ctx context.Context) string {
	advice := "use another table, schema or fields"
	out, err := t.client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: aws.String(t.table())})
	if err != nil {
		return fmt.Sprintf("the table has another key than %s, which this schema writes: %s", t.keys, advice)
	}
	var has []string
	for _, k := range out.Table.KeySchema {
		name := aws.ToString(k.AttributeName)
		kind := "?"
		if i := slices.IndexFunc(out.Table.AttributeDefinitions, func(a types.AttributeDefinition) bool {
			return aws.ToString(a.AttributeName) == name
		}); i >= 0 {
			kind = string(out.Table.AttributeDefinitions[i].AttributeType)
		}
		has = append(has, fmt.Sprintf("%s (%s)", name, kind))
	}
	return fmt.Sprintf("the table has the key %s, and this schema writes %s: %s", strings.Join(has, ", "), t.keys, advice)
}

// String returns the key as people write it.
func (k keys) String() string {
	kind := k.scalarType()
	return fmt.Sprintf("%s (%s), %s (%s)", k.hash, kind, k.sort, kind)
}
