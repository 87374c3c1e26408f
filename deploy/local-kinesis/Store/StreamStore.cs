using System.Collections.Concurrent;
using System.Text.RegularExpressions;

namespace Orleans.Kpl.LocalKinesis.Store;

/// <summary>The account's streams by name, and those that were deleted.</summary>
internal sealed partial class StreamStore(StoreSettings settings)
{
    private const int MostCreating = 5;

    private readonly ConcurrentDictionary<string, KinesisStream> _streams = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<KinesisStream> _former = new();
    private readonly Lock _lock = new();
    private long _lastCreatedTicks;

    public StoreSettings Settings => settings;

    public long NowTicks => settings.Clock.NowTicks;

    /// <summary>Streams that exist, by name.</summary>
    public IReadOnlyList<KinesisStream> Streams
    {
        get
        {
            SettleAll();
            return [.. _streams.Values.OrderBy(stream => stream.Name, StringComparer.Ordinal)];
        }
    }

    /// <summary>Deleted streams, oldest first.</summary>
    public IReadOnlyList<KinesisStream> FormerStreams
    {
        get
        {
            SettleAll();
            return [.. _former];
        }
    }

    public int OpenShards => Streams.Sum(stream => stream.Map.Shards.Length);

    /// <summary>Open shards, and those that streams in CREATING will have.</summary>
    public int ClaimedShards => Streams.Sum(stream =>
        stream.Status == StreamStatus.Creating ? stream.FirstShards : stream.Map.Shards.Length);

    /// <summary>The stream of a name or an ARN, settled; or the service's error.</summary>
    public KinesisStream Get(string nameOrArn) => Find(nameOrArn) ?? throw KinesisErrors.ResourceNotFound(NameOf(nameOrArn));

    public KinesisStream? Find(string nameOrArn)
    {
        if (!_streams.TryGetValue(NameOf(nameOrArn), out var stream)) return null;
        stream.Settle(NowTicks);
        return stream.Status == StreamStatus.Deleted ? null : stream;
    }

    /// <summary>A name is itself; of an ARN of this account and region, the name; of any other, the ARN, which nothing is called.</summary>
    public static string NameOf(string nameOrArn) =>
        OwnArn().Match(nameOrArn) is { Success: true } match ? match.Groups[1].Value : nameOrArn;

    public KinesisStream Create(string name, int shards, StreamMode mode, TimeSpan creatingTime, IReadOnlyDictionary<string, string>? tags = null)
    {
        lock (_lock)
        {
            if (Find(name) is not null)
                throw KinesisErrors.ResourceInUse($"Stream {name} under account {KinesisErrors.Account} already exists.");
            if (creatingTime > TimeSpan.Zero && Streams.Count(stream => stream.Status == StreamStatus.Creating) >= MostCreating)
                throw KinesisErrors.LimitExceeded($"This request would exceed the limit of {MostCreating} streams in CREATING.");
            CheckShardLimit(ClaimedShards, shards);
            // Name and creation time are a stream's identity, and clients see milliseconds.
            var now = _lastCreatedTicks = Math.Max(NowTicks, _lastCreatedTicks + TimeSpan.TicksPerMillisecond);
            var stream = new KinesisStream(name, now, settings) { Mode = mode, FirstShards = shards };
            if (tags is not null) stream.Resource.AddTags(tags);
            stream.Schedule(now + creatingTime.Ticks, at =>
            {
                stream.CutOver(at, [], HashKeyRange.Even(shards));
                stream.BecomeActive();
            });
            stream.Settle(now);
            _streams[name] = stream;
            return stream;
        }
    }

    /// <summary>Ends a stream once; it stays DELETING for a while.</summary>
    public void Delete(KinesisStream stream)
    {
        lock (stream.Lock)
        {
            if (stream.Status is StreamStatus.Deleting or StreamStatus.Deleted) throw KinesisErrors.NotActive(stream.Name, stream.Status);
            stream.Status = StreamStatus.Deleting;
        }

        stream.Schedule(NowTicks + settings.Options.DeletingTime.Ticks, at =>
        {
            foreach (var shard in stream.Map.Shards) shard.Close(at);
            stream.Status = StreamStatus.Deleted;
            _streams.TryRemove(KeyValuePair.Create(stream.Name, stream));
            _former.Enqueue(stream);
        });
        stream.Settle(NowTicks);
    }

    /// <summary>Throws when so many more open shards would be too many.</summary>
    /// <param name="open">What <see cref="ClaimedShards"/> was before any stream's lock was taken: it takes the locks of others.</param>
    public void CheckShardLimit(int open, int more)
    {
        if (more > settings.Options.ShardLimit - open)
            throw KinesisErrors.LimitExceeded(
                $"This request would exceed the shard limit for the account {KinesisErrors.Account} in {KinesisErrors.Region}. " +
                $"Current shard count for the account: {open}. Limit: {settings.Options.ShardLimit}. " +
                $"Number of additional shards that would have resulted from this request: {more}.");
    }

    private void SettleAll()
    {
        var now = NowTicks;
        foreach (var (_, stream) in _streams) stream.Settle(now);
    }

    [GeneratedRegex($"^arn:aws[a-z-]*:kinesis:{KinesisErrors.Region}:{KinesisErrors.Account}:stream/([a-zA-Z0-9_.-]+)$")]
    private static partial Regex OwnArn();
}
