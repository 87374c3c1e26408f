using System.Net;
using Amazon.DynamoDBv2.Model;
using Amazon.Runtime;
using Orleans.Kpl.Pipeline.Backlog.Storing;

namespace Orleans.Kpl.Aws.Backlog;

/// <summary>Calls of one table: what goes wrong in the words of a store, and what they cost.</summary>
internal sealed class TableCalls(string table)
{
    private const int UnitsScale = 100;

    private long _units;

    /// <summary>Write units that DynamoDB says were used.</summary>
    public double WriteUnits => Interlocked.Read(ref _units) / (double)UnitsScale;

    public async Task<T> CallAsync<T>(Func<Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await call().ConfigureAwait(false);
        }
        catch (ConditionalCheckFailedException)
        {
            // The condition is read and written all the same: at least one unit, and the SDK does not tell how many.
            Interlocked.Add(ref _units, UnitsScale);
            throw;
        }
        catch (Exception e) when (IsOfDynamoDb(e, cancellationToken))
        {
            throw Told(e);
        }
    }

    public void Count(ConsumedCapacity? consumed) =>
        Interlocked.Add(ref _units, (long)Math.Round((consumed?.CapacityUnits ?? 0) * UnitsScale));

    public BacklogStoreException Told(Exception exception) =>
        new($"table {table}: {(exception is AmazonServiceException { ErrorCode: { Length: > 0 } code } ? $"{code}: " : "")}{exception.Message}", inner: exception);

    /// <summary>A call that took too long ends as cancelled, though nobody cancelled it.</summary>
    private static bool IsOfDynamoDb(Exception exception, CancellationToken cancellationToken) =>
        exception is AmazonServiceException or AmazonClientException or HttpRequestException or IOException or WebException or TimeoutException
        || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested);
}
