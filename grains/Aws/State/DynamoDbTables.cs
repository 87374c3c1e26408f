using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;

namespace Orleans.Kpl.Aws.State;

/// <summary>The two calls that make a table where it is missing; whoever makes one decides what to wait for and what it must be.</summary>
internal static class DynamoDbTables
{
    /// <summary>The table as it is; null where there is none.</summary>
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

    /// <summary>Makes it with on-demand capacity, a partition key and a sort key. That another process was faster is no error.</summary>
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
            // It is there now.
        }
    }
}
