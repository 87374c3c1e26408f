using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Scaling.Operations;

namespace Orleans.Kpl.Scaling.Running;

/// <summary>A stream as it was read: its summary first, its shards after that.</summary>
internal sealed record StreamSnapshot(StreamSummary Summary, IReadOnlyList<ShardRange> Shards)
{
    /// <exception cref="KinesisException">Kinesis did not answer, or refused.</exception>
    public static async Task<StreamSnapshot> ReadAsync(IManagedStream stream, CancellationToken cancellationToken)
    {
        var summary = await stream.DescribeAsync(cancellationToken).ConfigureAwait(false);
        var shards = await stream.ListShardsAsync(cancellationToken).ConfigureAwait(false);
        return new StreamSnapshot(summary, [.. shards.OrderBy(static s => s.StartingHashKey)]);
    }

    /// <summary>Reads the stream for an operation; a stream that does not exist is returned as missing instead of failing.</summary>
    /// <exception cref="KinesisException">Kinesis did not answer, or refused.</exception>
    public static async Task<ObservedStream> ObserveAsync(IManagedStream stream, CancellationToken cancellationToken)
    {
        try
        {
            var summary = await stream.DescribeAsync(cancellationToken).ConfigureAwait(false);
            var state = StateOf(summary.Status);
            return new ObservedStream
            {
                State = state,
                IsOnDemand = summary.OnDemand,
                CreationTime = summary.CreationTime,
                Shards = state == StreamState.Active ? await stream.ListShardsAsync(cancellationToken).ConfigureAwait(false) : [],
            };
        }
        catch (KinesisException e) when (e.Code == RecordErrorCodes.ResourceNotFound)
        {
            return new ObservedStream { State = StreamState.Missing };
        }
    }

    private static StreamState StateOf(string status) => status switch
    {
        "ACTIVE" => StreamState.Active,
        "CREATING" => StreamState.Creating,
        "DELETING" => StreamState.Deleting,
        _ => StreamState.Updating,
    };
}
