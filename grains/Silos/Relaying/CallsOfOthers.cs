using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Silos.Links;

namespace Orleans.Kpl.Silos.Relaying;

/// <summary>Makes the calls of silos that do not reach Kinesis: straight, and never through a third one. The work runs on the thread pool.</summary>
/// <param name="kinesis">The way straight to Kinesis.</param>
internal sealed class CallsOfOthers(IKinesisGateway kinesis, KinesisWays ways, KplOptions options, TimeProvider time) : IKinesisRelay
{
    /// <summary>The calls hold at most this part of <c>MaxOutstandingBytes</c>, in addition to it. A single call may be larger.</summary>
    private const int Part = 8;

    private readonly long _began = time.GetTimestamp();
    private long _bytes;

    /// <summary>Whether no records of other silos are being sent.</summary>
    public bool IsIdle => Interlocked.Read(ref _bytes) == 0;

    private SiloTime Now => new(time.GetElapsedTime(_began), time.GetUtcNow());

    public async Task<IReadOnlyList<PutRecordsReplyEntry>?> PutRecordsAsync(string stream, ReadOnlyMemory<PutRecordsEntry> entries) =>
        ways.TargetOf(stream).IsOrdered ? throw NotMade("takes the stream for an ordered one")
            : await PutAsync(stream, entries, until: null, SendAsync(entries)).ConfigureAwait(false);

    public Task<SiloTime> GetClocksAsync() => Task.FromResult(Now);

    public async Task<IReadOnlyList<PutRecordsReplyEntry>?> PutOrderedAsync(
        string stream, ReadOnlyMemory<PutRecordsEntry> entries, string? after, SiloTime until)
    {
        var send = options.GetStream(stream).Ordered switch
        {
            OrderedMode.PutRecords when after is null => SendAsync(entries),
            OrderedMode.PutRecord when entries.Length == 1 =>
                async t => [await kinesis.PutRecordAsync(t, entries.Span[0], after, CancellationToken.None).ConfigureAwait(false)],
            var mode => throw NotMade($"has the stream with Ordered={mode}"),
        };
        return await PutAsync(stream, entries, until, send).ConfigureAwait(false);
    }

    public Task<IReadOnlyList<ShardRange>> ListShardsAsync(string stream) => CallAsync(stream, t => kinesis.ListShardsAsync(t, CancellationToken.None))!;

    public Task<IReadOnlyList<ShardRange>> ListClosedShardsAsync(string stream) =>
        CallAsync(stream, t => kinesis.ListClosedShardsAsync(t, CancellationToken.None))!;

    public Task<StreamSummary> DescribeAsync(string stream) => CallAsync(stream, t => kinesis.DescribeStreamSummaryAsync(t, CancellationToken.None))!;

    private async Task<IReadOnlyList<PutRecordsReplyEntry>?> PutAsync(
        string stream, ReadOnlyMemory<PutRecordsEntry> entries, SiloTime? until, Func<StreamTarget, ValueTask<IReadOnlyList<PutRecordsReplyEntry>>> put)
    {
        var bytes = BytesOf(entries.Span);
        try
        {
            var held = Interlocked.Add(ref _bytes, bytes);
            return held > bytes && held > options.MaxOutstandingBytes / Part ? null : await CallAsync(stream, put, until).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Add(ref _bytes, -bytes);
        }
    }

    private Func<StreamTarget, ValueTask<IReadOnlyList<PutRecordsReplyEntry>>> SendAsync(ReadOnlyMemory<PutRecordsEntry> entries) =>
        async t => (await kinesis.PutRecordsAsync(t, entries, CancellationToken.None).ConfigureAwait(false)).Entries;

    /// <returns>The answer; null where the call would begin too late.</returns>
    private async Task<T?> CallAsync<T>(string stream, Func<StreamTarget, ValueTask<T>> call, SiloTime? until = null)
        where T : class
    {
        if (ways.Find(stream)?.GoesStraight() == false)
            throw NotMade("does not reach Kinesis either");
        return await Task.Run(async () => until?.IsPast(Now) == true ? null
            : await ways.StraightAsync(stream, () => call(ways.TargetOf(stream))).ConfigureAwait(false)).ConfigureAwait(false);
    }

    private static KinesisException NotMade(string why) =>
        new(KinesisFailureKind.NotSent, RecordErrorCodes.ConnectionFailed, $"The silo that was to make the call {why}.");

    private static long BytesOf(ReadOnlySpan<PutRecordsEntry> entries)
    {
        var bytes = 0L;
        foreach (ref readonly var entry in entries)
            bytes += entry.Data.Length + entry.PartitionKey.Length;
        return bytes;
    }
}
