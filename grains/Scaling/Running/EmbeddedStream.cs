using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Scaling.Running;

/// <summary>A stream of an embedded producer: this process is all that sends, as far as it knows.</summary>
internal sealed class EmbeddedStream(ProducerPipeline producer, IKinesisGateway kinesis, StreamTarget target) : IManagedStream
{
    public StreamTarget Target => target;

    public ValueTask<StreamSummary> DescribeAsync(CancellationToken cancellationToken) => kinesis.DescribeStreamSummaryAsync(target, cancellationToken);

    public ValueTask<IReadOnlyList<ShardRange>> ListShardsAsync(CancellationToken cancellationToken) => kinesis.ListShardsAsync(target, cancellationToken);

    /// <summary>A stream that nothing was put to yet is told, too: the first record may come before the shards have changed.</summary>
    public Task AnnounceAsync(IReadOnlyList<UInt128> hashKeys, CancellationToken cancellationToken)
    {
        _ = producer.GetStream(target.Stream);
        return Task.WhenAll(Spellings.Select(s => s.AnnounceBoundaries(hashKeys))).WaitAsync(cancellationToken);
    }

    public Task WithdrawAsync(IReadOnlyList<UInt128> hashKeys, CancellationToken cancellationToken)
    {
        foreach (var stream in Spellings)
            stream.WithdrawBoundaries(hashKeys);
        return Task.CompletedTask;
    }

    public Task RefreshAsync(CancellationToken cancellationToken)
    {
        foreach (var stream in Spellings)
            stream.RefreshMap();
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<OwnedLoad>> LoadsAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<OwnedLoad>>(
        [.. Spellings.SelectMany(static s => s.LoadReports()).Select(static l => new OwnedLoad(null, l.ShardId, l.Report))]);

    /// <summary>The stream may be written by its name and by its ARN. Another account's stream of that name is told in vain, and unharmed.</summary>
    private IEnumerable<StreamPipeline> Spellings => producer.Streams.Where(s => NameOf(s.Stream) == NameOf(target.Stream));

    private static string NameOf(string stream) => stream[(stream.LastIndexOf('/') + 1)..];
}
