using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using Orleans.Kpl.Pipeline.State;

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

/// <summary>The tables of a cluster where silos do not create what is missing.</summary>
internal static class RequiredTables
{
    /// <summary>Why a table that is missing is not created, and what to do.</summary>
    public const string NotCreated = "does not exist, and Kpl:DynamoDb:CreateTables is false: create it, or correct Kpl:DynamoDb:TablePrefix";

    /// <summary>Returns an error for each table that does not exist.</summary>
    /// <exception cref="StateStoreException">DynamoDB does not answer, or refuses.</exception>
    public static async Task<IReadOnlyList<string>> FindErrorsAsync(IAmazonDynamoDB client, IEnumerable<string> tables, CancellationToken cancellationToken)
    {
        var errors = new List<string>();
        foreach (var table in tables)
        {
            try
            {
                if (await DynamoDbTables.FindAsync(client, table, cancellationToken).ConfigureAwait(false) is null)
                    errors.Add($"table {table} {NotCreated}");
            }
            catch (Exception e) when (DynamoDbFailures.IsOne(e, cancellationToken))
            {
                throw new StateStoreException($"table {table}: {e.Message}", e);
            }
        }

        return errors;
    }
}
