using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Simulation.Clockwork;

namespace Orleans.Kpl.Simulation.Service;

/// <summary>The account's streams, and how calls to them fare.</summary>
internal sealed class KinesisService(World world)
{
    /// <summary>AWS: the largest record, unless a stream says otherwise.</summary>
    public const int MaxRecordBytes = 1 << 20;

    private readonly Dictionary<string, ServiceStream> _streams = new(StringComparer.Ordinal);

    public World World => world;

    public Weather Weather { get; } = new();

    /// <summary>Planted: every so many entries are answered and not stored; 0 for none.</summary>
    public int LosesEveryEntry { get; set; }

    /// <summary>Planted: calls are never answered, and nobody gives up.</summary>
    public bool Hangs { get; set; }

    /// <summary>Entries that were put.</summary>
    public long Entries { get; private set; }

    /// <summary>Entries that were throttled.</summary>
    public long Throttled { get; private set; }

    /// <summary>Calls that read shards or summaries.</summary>
    public long Reads { get; private set; }

    public ServiceStream Add(string name, int shards, bool inWindows) => _streams[name] = new ServiceStream(world, shards, inWindows);

    public IReadOnlyList<PutReply> Put(string stream, SentEntry[] entries, string writer)
    {
        var there = Find(stream);
        var replies = new PutReply[entries.Length];
        for (var i = 0; i < entries.Length; i++)
            replies[i] = Put(there, entries[i], writer);
        return replies;
    }

    public IReadOnlyList<ShardRange> List(string stream, bool isOpen)
    {
        Reads++;
        return Find(stream).Listed(isOpen);
    }

    public StreamSummary Describe(string stream)
    {
        Reads++;
        var there = Find(stream);
        return new StreamSummary($"arn:{stream}", "ACTIVE", SimulatedTime.Start.AddSeconds(there.Creations), MaxRecordBytes >> 10, OnDemand: false);
    }

    private PutReply Put(ServiceStream stream, SentEntry entry, string writer)
    {
        Entries++;
        var shard = stream.ShardOf(entry.HashKey);
        if (!shard.TryTake(world.Now, entry.Bytes))
            return Refused(RecordErrorCodes.Throttled, shard);
        if (LosesEveryEntry > 0 && Entries % LosesEveryEntry == 0)
            return new PutReply(new PutRecordsReplyEntry(shard.Range.ShardId, "1", null, null), null);
        if (world.Happens(Weather.RefusesEntries))
        {
            var code = ServiceErrors.OfEntries[world.Dice.Next(ServiceErrors.OfEntries.Count)];
            // What fails inside the service may have been stored before.
            if (code == "InternalFailure" && world.Happens(0.2))
                stream.Store(shard, entry.PartitionKey, entry.HashKey, entry.Data, writer);
            return Refused(code, shard);
        }

        var stored = stream.Store(shard, entry.PartitionKey, entry.HashKey, entry.Data, writer);
        return new PutReply(new PutRecordsReplyEntry(stored.ShardId, stored.SequenceNumber, null, null), stored);
    }

    private PutReply Refused(string code, ServiceShard shard)
    {
        if (code == RecordErrorCodes.Throttled)
            Throttled++;
        var message = code == RecordErrorCodes.Throttled ? $"Rate exceeded for shard {shard.Range.ShardId} in stream s under account 1." : "simulated";
        return new PutReply(new PutRecordsReplyEntry(null, null, code, message), null);
    }

    private ServiceStream Find(string stream) => _streams.TryGetValue(stream, out var there) && !there.IsGone
        ? there
        : throw new KinesisException(KinesisFailureKind.Refused, RecordErrorCodes.ResourceNotFound, "simulated", 400);
}
