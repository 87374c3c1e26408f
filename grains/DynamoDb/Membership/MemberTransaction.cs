using Amazon.DynamoDBv2.Model;
using Orleans.Kpl.DynamoDb.State;
using Orleans.Kpl.Pipeline.State;

namespace Orleans.Kpl.DynamoDb.Membership;

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
