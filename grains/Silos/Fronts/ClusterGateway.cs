using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Silos.Links;
using Orleans.Kpl.Silos.Relaying;

namespace Orleans.Kpl.Silos.Fronts;

/// <summary>
/// Kinesis as a silo's pipeline sees it. Records go to Kinesis itself. Questions about shards go to the stream's manager, the only one in
/// the cluster that asks Kinesis.
/// </summary>
internal sealed class ClusterGateway(RelayingGateway kinesis, IStreamManagers managers, TimeProvider time) : IKinesisGateway
{
    /// <summary>
    /// A question that has no answer so long may be lost, and is asked again. The former ones still count: where Kinesis is slow, so is the manager, which
    /// answers all that ask meanwhile by one reading.
    /// </summary>
    public static readonly TimeSpan AskAgainAfter = TimeSpan.FromSeconds(5);

    public DateTimeOffset? RelayedSince(string stream) => kinesis.RelayedSince(stream);

    public int PartsOf(long bytes, int mayBegin) => kinesis.PartsOf(bytes, mayBegin);

    public ValueTask<PutRecordsReply> PutRecordsAsync(StreamTarget stream, ReadOnlyMemory<PutRecordsEntry> entries, CancellationToken cancellationToken) =>
        kinesis.PutRecordsAsync(stream, entries, cancellationToken);

    public ValueTask<PutRecordsReplyEntry> PutRecordAsync(
        StreamTarget stream, PutRecordsEntry entry, string? sequenceNumberForOrdering, CancellationToken cancellationToken) =>
        kinesis.PutRecordAsync(stream, entry, sequenceNumberForOrdering, cancellationToken);

    public async ValueTask<IReadOnlyList<ShardRange>> ListShardsAsync(StreamTarget stream, CancellationToken cancellationToken) =>
        await AskAsync(stream, managers.ListShardsAsync, cancellationToken).ConfigureAwait(false);

    public async ValueTask<IReadOnlyList<ShardRange>> ListClosedShardsAsync(StreamTarget stream, CancellationToken cancellationToken) =>
        await AskAsync(stream, managers.ListClosedShardsAsync, cancellationToken).ConfigureAwait(false);

    public async ValueTask<StreamSummary> DescribeStreamSummaryAsync(StreamTarget stream, CancellationToken cancellationToken) =>
        await AskAsync(stream, managers.DescribeAsync, cancellationToken).ConfigureAwait(false);

    private async Task<T> AskAsync<T>(StreamTarget stream, Func<string, Task<T>> ask, CancellationToken cancellationToken)
    {
        try
        {
            return await FirstAnswerAsync(() => ask(stream.Stream), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not KinesisException && !cancellationToken.IsCancellationRequested)
        {
            throw new KinesisException(KinesisFailureKind.NotSent, e.GetType().Name, $"the manager of the stream did not answer: {e.Message}", inner: e);
        }
    }

    private async Task<T> FirstAnswerAsync<T>(Func<Task<T>> ask, CancellationToken cancellationToken)
    {
        List<Task<T>> asked = [];
        Task<Task<T>> first;
        do
        {
            asked.Add(ask().Observed());
            first = Task.WhenAny(asked);
            await ((Task)first).WaitAsync(AskAgainAfter, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
        }
        while (!first.IsCompleted);
        return await (await first.ConfigureAwait(false)).ConfigureAwait(false);
    }
}
