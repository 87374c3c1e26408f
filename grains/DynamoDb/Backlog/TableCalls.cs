using Amazon.DynamoDBv2.Model;
using Amazon.Runtime;
using Orleans.Kpl.DynamoDb.State;
using Orleans.Kpl.Pipeline.Backlog.Storing;

namespace Orleans.Kpl.DynamoDb.Backlog;

/// <summary>Makes the calls to one table: turns their failures into <see cref="BacklogStoreException"/> and counts their write units.</summary>
/// <param name="table">The table's name.</param>
/// <param name="all">Counts these calls too; null where these are all calls to the table.</param>
internal sealed class TableCalls(string table, TableCalls? all = null)
{
    private const int UnitsScale = 100;

    private long _units;

    /// <summary>Write units used, as DynamoDB reports them.</summary>
    public double WriteUnits => Interlocked.Read(ref _units) / (double)UnitsScale;

    public async Task<T> CallAsync<T>(Func<Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await call().ConfigureAwait(false);
        }
        catch (ConditionalCheckFailedException)
        {
            // A write whose condition failed is charged all the same: at least one unit, and the SDK does not report how many.
            Add(UnitsScale);
            throw;
        }
        catch (Exception e) when (DynamoDbFailures.IsOne(e, cancellationToken))
        {
            throw Told(e);
        }
    }

    public void Count(ConsumedCapacity? consumed) => Add((long)Math.Round((consumed?.CapacityUnits ?? 0) * UnitsScale));

    private void Add(long units)
    {
        Interlocked.Add(ref _units, units);
        all?.Add(units);
    }

    public BacklogStoreException Told(Exception exception) =>
        new($"table {table}: {(exception is AmazonServiceException { ErrorCode: { Length: > 0 } code } ? $"{code}: " : "")}{exception.Message}", inner: exception);
}
