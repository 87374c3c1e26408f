using Orleans.Kpl.Grains.Management;
using Orleans.Kpl.Management;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Silos.Links;

namespace Orleans.Kpl.Grains.Links;

/// <summary>Calls Kinesis through another silo. Errors of Kinesis travel as data.</summary>
internal sealed class RemoteRelay(ISiloLink link) : IKinesisRelay
{
    public Task<IReadOnlyList<PutRecordsReplyEntry>?> PutRecordsAsync(string stream, ReadOnlyMemory<PutRecordsEntry> entries) =>
        ReplyAsync(link.RelayPut(stream, RelayedRecords.Pack(entries.Span)));

    public async Task<SiloTime> GetClocksAsync()
    {
        var (uptime, wall) = await link.GetClocks().ConfigureAwait(false);
        return new(uptime, wall);
    }

    public Task<IReadOnlyList<PutRecordsReplyEntry>?> PutOrderedAsync(
        string stream, ReadOnlyMemory<PutRecordsEntry> entries, string? after, SiloTime until) =>
        ReplyAsync(link.RelayPutOrdered(stream, RelayedRecords.Pack(entries.Span), after, (until.Uptime, until.Wall)));

    public async Task<IReadOnlyList<ShardRange>> ListShardsAsync(string stream) =>
        (await link.RelayListShards(stream).ConfigureAwait(false)).ToRanges();

    public async Task<IReadOnlyList<ShardRange>> ListClosedShardsAsync(string stream) =>
        (await link.RelayListClosedShards(stream).ConfigureAwait(false)).ToRanges();

    public async Task<StreamSummary> DescribeAsync(string stream) => (await link.RelayDescribe(stream).ConfigureAwait(false)).ToSummary();

    private static async Task<IReadOnlyList<PutRecordsReplyEntry>?> ReplyAsync(Task<RelayedReply?> reply) => (await reply.ConfigureAwait(false))?.ToEntries();
}

/// <summary>Kinesis records as <see cref="PackedRecords"/>, each with its hash key.</summary>
internal static class RelayedRecords
{
    public static byte[] Pack(ReadOnlySpan<PutRecordsEntry> entries)
    {
        var writer = new PackedRecordsWriter(int.MaxValue);
        var bytes = 0;
        foreach (ref readonly var entry in entries)
            bytes += entry.Data.Length;
        writer.Reserve(bytes);
        foreach (ref readonly var entry in entries)
            writer.TryAdd(entry.PartitionKey.Span, entry.Data.Span, entry.ExplicitHashKey, isExplicit: true);
        return writer.ToArray();
    }

    public static PutRecordsEntry[] Unpack(byte[] records)
    {
        var packed = PackedRecords.Parse(records);
        var entries = new List<PutRecordsEntry>(packed.Count);
        foreach (var record in packed)
            entries.Add(new PutRecordsEntry(record.Data, record.Key.ToArray(), record.Hash.GetValueOrDefault()));
        return [.. entries];
    }
}

/// <summary>Kinesis' answer to a call that went through another silo, one place for each record; or the error of the call.</summary>
[GenerateSerializer, Immutable, Alias("Orleans.Kpl.RelayedReply")]
internal sealed record RelayedReply
{
    [Id(0)] public string?[] ShardIds { get; init; } = [];

    [Id(1)] public string?[] SequenceNumbers { get; init; } = [];

    [Id(2)] public string?[] ErrorCodes { get; init; } = [];

    [Id(3)] public string?[] ErrorMessages { get; init; } = [];

    /// <summary>The error; null on success.</summary>
    [Id(4)] public KinesisError? Error { get; init; }

    public static Task<RelayedReply?> ToldAsync(Task<IReadOnlyList<PutRecordsReplyEntry>?> call) =>
        ManagerMessages.ToldAsync(call, Of, static e => new RelayedReply { Error = e });

    public static RelayedReply? Of(IReadOnlyList<PutRecordsReplyEntry>? entries) => entries is null ? null : new()
    {
        ShardIds = [.. entries.Select(static e => e.ShardId)],
        SequenceNumbers = [.. entries.Select(static e => e.SequenceNumber)],
        ErrorCodes = [.. entries.Select(static e => e.ErrorCode)],
        ErrorMessages = [.. entries.Select(static e => e.ErrorMessage)],
    };

    /// <exception cref="KinesisException">The reply carries an error.</exception>
    public IReadOnlyList<PutRecordsReplyEntry> ToEntries()
    {
        Error.Throw();
        return [.. ShardIds.Select((s, i) => new PutRecordsReplyEntry(s, SequenceNumbers[i], ErrorCodes[i], ErrorMessages[i]))];
    }
}
