using Orleans.Kpl.Administration;
using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Pipeline.Idle;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Scaling.Running;

/// <summary>A stream of an embedded producer: this process is the only sender, as far as it knows.</summary>
internal sealed class EmbeddedStream(ProducerPipeline producer, IKinesisGateway kinesis, StreamTarget target) : IManagedStream
{
    public StreamTarget Target => target;

    public ValueTask<StreamSummary> DescribeAsync(CancellationToken cancellationToken) => kinesis.DescribeStreamSummaryAsync(target, cancellationToken);

    public ValueTask<IReadOnlyList<ShardRange>> ListShardsAsync(CancellationToken cancellationToken) => kinesis.ListShardsAsync(target, cancellationToken);

    /// <summary>Announces new shards. A stream without records so far is notified too: its first record may come before the shards have changed.</summary>
    public async Task AnnounceAsync(IReadOnlyList<UInt128> hashKeys, CancellationToken cancellationToken)
    {
        // What is announced keeps the stream open from then on.
        using var use = await producer.Uses.UseAsync(target.Stream).ConfigureAwait(false);
        await Task.WhenAll(Spellings.Select(s => s.AnnounceBoundaries(hashKeys))).WaitAsync(cancellationToken).ConfigureAwait(false);
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

    /// <summary>Tells what was observed. Who looks again and again, as a policy does, keeps the streams open and so what they have observed.</summary>
    public Task<IReadOnlyList<OwnedLoad>> LoadsAsync(CancellationToken cancellationToken)
    {
        var streams = Spellings.ToList();
        foreach (var stream in streams)
            producer.Uses.MarkUsed(stream.Stream);
        return Task.FromResult<IReadOnlyList<OwnedLoad>>(
            [.. streams.SelectMany(static s => s.LoadReports()).Select(static l => new OwnedLoad(null, l.ShardId, l.Report))]);
    }

    public Task<ShardObservation?> FindObservationAsync(string shardId, string? owner, CancellationToken cancellationToken) =>
        Task.FromResult(Spellings.SelectMany(static s => s.Observations()).FirstOrDefault(s => s.ShardId == shardId));

    /// <summary>
    /// Gets the pipelines of the stream, which may be written by its name and by its ARN. A stream of the same name in another account is notified as
    /// well, without harm.
    /// </summary>
    private IEnumerable<StreamPipeline> Spellings => producer.Streams.Where(s => NameOf(s.Stream) == NameOf(target.Stream));

    private static string NameOf(string stream) => stream[(stream.LastIndexOf('/') + 1)..];
}
