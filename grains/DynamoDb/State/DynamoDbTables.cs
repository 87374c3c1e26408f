using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;

namespace Orleans.Kpl.DynamoDb.State;

/// <summary>The two calls to find and create a table; the caller decides what to wait for and which schema the table must have.</summary>
internal static class DynamoDbTables
{
    /// <summary>Describes the table; null if it does not exist.</summary>
    public static async Task<TableDescription?> FindAsync(IAmazonDynamoDB client, string table, CancellationToken cancellationToken)
    {
        try
        {
            return (await client.DescribeTableAsync(table, cancellationToken).ConfigureAwait(false)).Table;
        }
        catch (ResourceNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Creates the table with on-demand capacity, a partition key and a sort key. It is no error if another process creates it first.</summary>
    public static async Task CreateAsync(
        IAmazonDynamoDB client, string table, AttributeDefinition partitionKey, AttributeDefinition sortKey, CancellationToken cancellationToken)
    {
        try
        {
            await client.CreateTableAsync(
                new CreateTableRequest
                {
                    TableName = table,
                    BillingMode = BillingMode.PAY_PER_REQUEST,
                    AttributeDefinitions = [partitionKey, sortKey],
                    KeySchema = [new(partitionKey.AttributeName, KeyType.HASH), new(sortKey.AttributeName, KeyType.RANGE)],
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch (ResourceInUseException)
        {
            // Another process created the table first.
        }
    }
}
