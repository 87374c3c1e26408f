using System.Collections.Concurrent;
using System.Globalization;
using System.Numerics;
using System.Text;
using Orleans.Kpl.Aggregation;
using Orleans.Kpl.Deaggregation;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Pipeline.Tests.Simulation;

/// <summary>A stream in memory that routes as Kinesis does, and misbehaves as a test says.</summary>
internal sealed class FakeKinesis : IKinesisGateway
{
    /// <summary>The first shard of a new stream.</summary>
    public const string FirstShard = "shardId-000000000000";

    private readonly Lock _lock = new();
    private readonly ConcurrentQueue<Applied> _applied = [];
    private volatile IReadOnlyList<ShardRange> _shards;
    private readonly List<ShardRange> _closed = [];
    private long _sequence;
    private int _births;

    public FakeKinesis(int shards) => _shards = Born(Even(shards, 0));

    /// <summary>One user record as a consumer sees it.</summary>
    public sealed record Applied(string ShardId, string SequenceNumber, int SubSequence, string Key, string Data, bool VisibleToKcl,
        ProducerNumber? Number = null);

    /// <summary>Answers for an entry instead of applying it; null applies it.</summary>
    public Func<PutRecordsEntry, ShardRange, PutRecordsReplyEntry?> Refuse { get; set; } = static (_, _) => null;

    /// <summary>Runs before a PutRecords call is applied; throws to fail it.</summary>
    public Func<ReadOnlyMemory<PutRecordsEntry>, CancellationToken, ValueTask> BeforePut { get; set; } = static (_, _) => ValueTask.CompletedTask;

    /// <summary>No call with records is answered any more, until it is cancelled.</summary>
    public void NeverAnswer() => BeforePut = static (_, token) => new ValueTask(Task.Delay(Timeout.Infinite, token));

    /// <summary>Calls with records wait until the source that this returns is set.</summary>
    public TaskCompletionSource HoldPuts()
    {
        var held = new TaskCompletionSource();
        BeforePut = (_, token) => new ValueTask(held.Task.WaitAsync(token));
        return held;
    }

    /// <summary>No call with records is sent any more, because nothing can be connected to.</summary>
    public void GoAway() =>
        BeforePut = static (_, _) => throw new KinesisException(KinesisFailureKind.NotSent, RecordErrorCodes.ConnectionFailed, "down");

    /// <summary>Calls with records are taken again.</summary>
    public void ComeBack() => BeforePut = static (_, _) => ValueTask.CompletedTask;

    /// <summary>Runs after a call was applied; throws to lose the answer.</summary>
    public Func<ValueTask> AfterPut { get; set; } = static () => ValueTask.CompletedTask;

    public Func<PutRecordsReply, PutRecordsReply> Answer { get; set; } = static r => r;

    /// <summary>Runs before the open or the closed shards are listed; throws to fail that.</summary>
    public Func<CancellationToken, ValueTask> BeforeList { get; set; } = static _ => ValueTask.CompletedTask;

    public Func<StreamSummary> Summary { get; set; } = static () =>
        new("arn:aws:kinesis:us-east-1:000000000000:stream/events", "ACTIVE", DateTimeOffset.UnixEpoch, 1024, false);

    /// <summary>Runs before the summary is told; throws to fail that.</summary>
    public Func<CancellationToken, ValueTask> BeforeSummary { get; set; } = static _ => ValueTask.CompletedTask;

    /// <summary>What ListShards answers instead of the open shards; null for those.</summary>
    public Func<IReadOnlyList<ShardRange>?> Listed { get; set; } = static () => null;

    /// <summary>Whether sequence numbers are made as AWS makes them, of when their shard was created; else they only rise.</summary>
    public bool NumbersTell { get; set; } = true;

    /// <summary>Runs before each entry of a call is applied, with its place: shards may change between two entries.</summary>
    public Action<int> BeforeEntry { get; set; } = static _ => { };

    public ConcurrentQueue<int> Calls { get; } = new();

    /// <summary>In how many calls so many bytes are best sent, where so many may begin.</summary>
    public Func<long, int, int> Parts { get; set; } = static (_, _) => 1;

    public int PartsOf(long bytes, int mayBegin) => Parts(bytes, mayBegin);

    public int Listings;

    public IReadOnlyList<ShardRange> Shards => _shards;

    public IReadOnlyList<Applied> Records => [.. _applied];

    /// <summary>Records whose key begins so.</summary>
    public int CountOf(string key) => _applied.Count(r => r.Key.StartsWith(key, StringComparison.Ordinal));

    /// <summary>Replaces the open shards. Those that were never open are created now.</summary>
    public void Reshard(IReadOnlyList<ShardRange> shards)
    {
        lock (_lock)
        {
            _closed.AddRange(_shards.Except(shards));
            _shards = Born(shards);
        }
    }

    /// <summary>Deletes the stream and creates it again, with shards numbered from 0.</summary>
    public void CreateAgain(int shards)
    {
        lock (_lock)
        {
            _closed.Clear();
            _shards = Born(Even(shards, 0));
        }
    }

    public static IReadOnlyList<ShardRange> Even(int count, int firstId)
    {
        var width = UInt128.MaxValue / (UInt128)count;
        return [.. Enumerable.Range(0, count).Select(i => new ShardRange(
            $"shardId-{firstId + i:D12}",
            width * (UInt128)i + (i == 0 ? UInt128.Zero : UInt128.One),
            i == count - 1 ? UInt128.MaxValue : width * (UInt128)(i + 1)))];
    }

    /// <summary>What each PutRecord asked to be put after.</summary>
    public ConcurrentQueue<string?> Orderings { get; } = new();

    public async ValueTask<PutRecordsReply> PutRecordsAsync(StreamTarget stream, ReadOnlyMemory<PutRecordsEntry> entries, CancellationToken cancellationToken)
    {
        Calls.Enqueue(entries.Length);
        await BeforePut(entries, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        var reply = Apply(entries.Span);
        await AfterPut();
        return Answer(reply);
    }

    /// <summary>Fails as a whole where PutRecords answers for an entry.</summary>
    public async ValueTask<PutRecordsReplyEntry> PutRecordAsync(StreamTarget stream, PutRecordsEntry entry, string? sequenceNumberForOrdering,
        CancellationToken cancellationToken)
    {
        Orderings.Enqueue(sequenceNumberForOrdering);
        var reply = (await PutRecordsAsync(stream, new[] { entry }, cancellationToken)).Entries[0];
        return reply.ErrorCode is null ? reply : throw new KinesisException(KinesisFailureKind.Refused, reply.ErrorCode, reply.ErrorMessage ?? "", 400);
    }

    /// <summary>Copies entries, whose memory belongs to their call.</summary>
    public static PutRecordsEntry[] Copies(ReadOnlyMemory<PutRecordsEntry> entries) =>
        [.. entries.ToArray().Select(static e => e with { Data = e.Data.ToArray(), PartitionKey = e.PartitionKey.ToArray() })];

    /// <summary>Applies a call that nobody waits for any more.</summary>
    public void ApplyLate(ReadOnlyMemory<PutRecordsEntry> copies) => Apply(copies.Span);

    /// <summary>Kinesis as a process reaches it. Once that is gone no call of it does anything, and none returns.</summary>
    public IKinesisGateway For(Func<bool> isGone) => new OfAProcess(this, isGone);

    public async ValueTask<IReadOnlyList<ShardRange>> ListShardsAsync(StreamTarget stream, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref Listings);
        await BeforeList(cancellationToken);
        return Listed() ?? Shards;
    }

    public async ValueTask<IReadOnlyList<ShardRange>> ListClosedShardsAsync(StreamTarget stream, CancellationToken cancellationToken)
    {
        await BeforeList(cancellationToken);
        lock (_lock)
            return Listed() is null ? [.. _closed] : [];
    }

    public async ValueTask<StreamSummary> DescribeStreamSummaryAsync(StreamTarget stream, CancellationToken cancellationToken)
    {
        await BeforeSummary(cancellationToken);
        return Summary();
    }

    private PutRecordsReply Apply(ReadOnlySpan<PutRecordsEntry> entries)
    {
        var replies = new PutRecordsReplyEntry[entries.Length];
        lock (_lock)
        {
            for (var i = 0; i < entries.Length; i++)
            {
                BeforeEntry(i);
                var entry = entries[i];
                var shard = _shards.First(s => s.Contains(entry.ExplicitHashKey));
                replies[i] = Refuse(entry, shard) ?? Store(entry, shard);
            }
        }

        return new PutRecordsReply(replies);
    }

    /// <summary>AWS: 2^185, the second of creation from bit 148, the count of records from bit 80.</summary>
    private IReadOnlyList<ShardRange> Born(IReadOnlyList<ShardRange> shards)
    {
        var first = (BigInteger.One << 185) + ((BigInteger)(1_400_000_000 + ++_births) << 148);
        return [.. shards.Select(s => s.StartingSequenceNumber is null ? s with { StartingSequenceNumber = $"{first}" } : s)];
    }

    private PutRecordsReplyEntry Store(in PutRecordsEntry entry, ShardRange shard)
    {
        var first = NumbersTell ? BigInteger.Parse(shard.StartingSequenceNumber!, CultureInfo.InvariantCulture) : BigInteger.One << 185;
        var number = (first + ((BigInteger)(++_sequence) << 80)).ToString(CultureInfo.InvariantCulture);
        if (AggregateReader.TryOpen(entry.Data, out var reader, out _))
        {
            var members = new List<(string Key, string Data, UInt128 Hash, ProducerNumber? Number)>();
            while (reader.MoveNext())
                members.Add((Encoding.UTF8.GetString(reader.Current.PartitionKey.Span), Encoding.UTF8.GetString(reader.Current.Data.Span),
                    reader.Current.HashKey, reader.Current.Number));
            // KCL drops a whole aggregate at its first member outside the shard.
            var visible = members.All(m => shard.Contains(m.Hash));
            for (var i = 0; i < members.Count; i++)
                _applied.Enqueue(new Applied(shard.ShardId, number, i, members[i].Key, members[i].Data, visible, members[i].Number));
        }
        else
        {
            _applied.Enqueue(new Applied(shard.ShardId, number, 0, Encoding.UTF8.GetString(entry.PartitionKey.Span),
                Encoding.UTF8.GetString(entry.Data.Span), true));
        }

        return new PutRecordsReplyEntry(shard.ShardId, number, null, null);
    }

    private sealed class OfAProcess(FakeKinesis kinesis, Func<bool> isGone) : IKinesisGateway
    {
        public ValueTask<PutRecordsReply> PutRecordsAsync(StreamTarget stream, ReadOnlyMemory<PutRecordsEntry> entries, CancellationToken cancellationToken) =>
            LiveAsync(() => kinesis.PutRecordsAsync(stream, entries, cancellationToken));

        public ValueTask<PutRecordsReplyEntry> PutRecordAsync(
            StreamTarget stream, PutRecordsEntry entry, string? sequenceNumberForOrdering, CancellationToken cancellationToken) =>
            LiveAsync(() => kinesis.PutRecordAsync(stream, entry, sequenceNumberForOrdering, cancellationToken));

        public ValueTask<IReadOnlyList<ShardRange>> ListShardsAsync(StreamTarget stream, CancellationToken cancellationToken) =>
            LiveAsync(() => kinesis.ListShardsAsync(stream, cancellationToken));

        public ValueTask<IReadOnlyList<ShardRange>> ListClosedShardsAsync(StreamTarget stream, CancellationToken cancellationToken) =>
            LiveAsync(() => kinesis.ListClosedShardsAsync(stream, cancellationToken));

        public ValueTask<StreamSummary> DescribeStreamSummaryAsync(StreamTarget stream, CancellationToken cancellationToken) =>
            LiveAsync(() => kinesis.DescribeStreamSummaryAsync(stream, cancellationToken));

        private async ValueTask<T> LiveAsync<T>(Func<ValueTask<T>> call)
        {
            if (isGone())
                await new TaskCompletionSource().Task;
            var answer = await call();
            if (isGone())
                await new TaskCompletionSource().Task;
            return answer;
        }
    }
}
