using Amazon.DynamoDBv2.Model;

namespace Orleans.Kpl.DynamoDb.Membership;

/// <summary>Deletes rows in batches: a silo may not delete a single one.</summary>
internal sealed class MemberDeletion(MemberCalls calls, TimeProvider time)
{
    private const int MostOfABatch = 25;
    private const int MostTries = 10;

    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(500);

    public async Task DeleteAsync(IEnumerable<Dictionary<string, AttributeValue>> keys, CancellationToken cancellationToken)
    {
        foreach (var some in keys.Chunk(MostOfABatch))
        {
            var left = some.Select(static k => new WriteRequest(new DeleteRequest(k))).ToList();
            for (var tries = 1; ; tries++)
            {
                var request = new BatchWriteItemRequest { RequestItems = new() { [calls.Table] = left } };
                var answer = await calls.CallAsync(c => c.BatchWriteItemAsync(request, cancellationToken), cancellationToken).ConfigureAwait(false);
                // What DynamoDB throttles of a batch it gives back.
                left = answer.UnprocessedItems?.GetValueOrDefault(calls.Table) ?? [];
                if (left.Count == 0)
                    break;
                if (tries == MostTries)
                    throw calls.Told($"{left.Count} rows could not be deleted: DynamoDB put them off {MostTries} times");
                await Task.Delay(RetryAfter, time, cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
