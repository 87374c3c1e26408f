using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
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

    public StateStoreException Told(Exception exception) => Told(DynamoDbFailures.Describe(exception), exception);

    public StateStoreException Told(string what, Exception? inner = null) =>
        new($"table {table} of DynamoDB at {location.ServiceUrl?.AbsoluteUri ?? "AWS's own endpoint"} in region {location.Region}: {what}", inner);
}

/// <summary>
/// Writes a row and the version in one transaction. An answer that is lost, a throttle and a conflict with another transaction are tried again with the
/// token of the first try: DynamoDB applies what has one token once, and says so to each try.
/// </summary>
internal sealed class MemberTransaction(MemberCalls calls, TimeProvider time, Func<Guid> newId)
{
    private const int Most = 3;
    private const string ConditionFailed = "ConditionalCheckFailed";

    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(50);

    /// <summary>True: the transaction is applied. False: a condition did not hold, and nothing is or will be written.</summary>
    /// <exception cref="StateStoreException">DynamoDB does not answer, or refuses; the transaction may have been applied.</exception>
    public async Task<bool> WriteAsync(List<TransactWriteItem> items, CancellationToken cancellationToken)
    {
        var request = new TransactWriteItemsRequest { TransactItems = items, ClientRequestToken = newId().ToString("N") };
        for (var tries = 1; ; tries++)
        {
            try
            {
                await calls.Client.TransactWriteItemsAsync(request, cancellationToken).ConfigureAwait(false);
                return true;
            }
            catch (TransactionCanceledException e) when (e.CancellationReasons?.Exists(static r => r.Code == ConditionFailed) == true)
            {
                return false;
            }
            catch (Exception e) when (DynamoDbFailures.IsOne(e, cancellationToken))
            {
                if (tries == Most)
                    throw calls.Told(e);
            }

            await Task.Delay(RetryAfter * tries, time, cancellationToken).ConfigureAwait(false);
        }
    }
}
