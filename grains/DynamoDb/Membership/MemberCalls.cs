using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using Amazon.Runtime;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.DynamoDb.State;
using Orleans.Kpl.Pipeline.State;

namespace Orleans.Kpl.DynamoDb.Membership;

/// <summary>Makes the calls to the table of members, and turns their failures into errors that name table, region and endpoint.</summary>
internal sealed class MemberCalls(IAmazonDynamoDB client, string table, DynamoDbLocation location)
{
    public IAmazonDynamoDB Client => client;

    public string Table => table;

    /// <summary>Makes a call. A failed condition stays DynamoDB's own exception.</summary>
    /// <exception cref="StateStoreException">DynamoDB does not answer, or refuses.</exception>
    public async Task<T> CallAsync<T>(Func<IAmazonDynamoDB, Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await call(client).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not (ConditionalCheckFailedException or TransactionCanceledException) && DynamoDbFailures.IsOne(e, cancellationToken))
        {
            throw Told(e);
        }
    }

    /// <summary>All pages of a query or a scan.</summary>
    public async Task<List<Dictionary<string, AttributeValue>>> AllAsync(
        Func<IAmazonDynamoDB, Dictionary<string, AttributeValue>?, Task<MemberPage>> page, CancellationToken cancellationToken)
    {
        var items = new List<Dictionary<string, AttributeValue>>();
        Dictionary<string, AttributeValue>? from = null;
        do
        {
            var start = from;
            var answer = await CallAsync(c => page(c, start), cancellationToken).ConfigureAwait(false);
            items.AddRange(answer.Items ?? []);
            from = answer.Last;
        }
        while (from is { Count: > 0 });
        return items;
    }

    public StateStoreException Told(Exception exception) => Told(
        exception is AmazonServiceException { ErrorCode: { Length: > 0 } code } ? $"{code}: {exception.Message}" : exception.Message, exception);

    public StateStoreException Told(string what, Exception? inner = null) =>
        new($"table {table} of DynamoDB at {location.ServiceUrl?.AbsoluteUri ?? "AWS's own endpoint"} in region {location.Region}: {what}", inner);
}

/// <summary>A page of items, and the key that the next one begins after; none after the last page.</summary>
internal readonly record struct MemberPage(List<Dictionary<string, AttributeValue>>? Items, Dictionary<string, AttributeValue>? Last);
