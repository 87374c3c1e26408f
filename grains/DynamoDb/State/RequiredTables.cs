using Amazon.DynamoDBv2;
using Orleans.Kpl.Pipeline.State;

namespace Orleans.Kpl.DynamoDb.State;

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
