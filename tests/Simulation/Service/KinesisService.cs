using System.Runtime.InteropServices;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Simulation.Service;

/// <summary>The account's streams, and how calls to them fare.</summary>
internal sealed class KinesisService(World world)
{
    /// <summary>AWS: the largest record, unless a stream says otherwise.</summary>
    public const int MaxRecordBytes = 1 << 20;

    /// <summary>What the ARNs of the account's streams begin with.</summary>
    public const string ArnPrefix = "arn:aws:kinesis:us-east-1:111122223333:stream/";

    private readonly Dictionary<string, ServiceStream> _streams = new(StringComparer.Ordinal);

    /// <summary>Whose calls other silos make, by the data of each call's first record.</summary>
    private readonly Dictionary<object, string> _relayed = new(ReferenceEqualityComparer.Instance);

    public World World => world;

    public Weather Weather { get; } = new();

    /// <summary>Planted: every so many entries are answered and not stored; 0 for none.</summary>
    public int LosesEveryEntry { get; set; }

    /// <summary>Planted: every so many entries are stored twice, as if their producer had sent them again; 0 for none.</summary>
    public int DoublesEveryEntry { get; set; }

    /// <summary>Planted: calls are never answered, and nobody gives up.</summary>
    public bool Hangs { get; set; }

    /// <summary>Entries that were put.</summary>
    public long Entries { get; private set; }

    /// <summary>Entries that were throttled.</summary>
    public long Throttled { get; private set; }

    /// <summary>What the account may call, and has called.</summary>
    public AccountQuotas Quotas { get; } = new();

    /// <summary>Notes that another silo makes a call with those records for a process.</summary>
    public void NoteRelayed(PutRecordsEntry[] entries, string process) => _relayed[DataOf(entries)] = process;

    /// <summary>Returns the process for which another silo makes a call with those records; null for none.</summary>
    public string? RelayedFor(ReadOnlySpan<PutRecordsEntry> entries) => _relayed.GetValueOrDefault(DataOf(entries));

    /// <summary>Creates a stream.</summary>
    public ServiceStream Add(string name, int shards, bool inWindows, IStreamContents contents) =>
        _streams[name] = new ServiceStream(world, shards, inWindows, contents);

    /// <summary>The stream of that name or ARN.</summary>
    /// <exception cref="KinesisException">There is none.</exception>
    public ServiceStream Find(string stream) => _streams.TryGetValue(NameIn(stream), out var there) && !there.IsGone
        ? there
        : throw new KinesisException(KinesisFailureKind.Refused, RecordErrorCodes.ResourceNotFound, "simulated", 400);

    /// <summary>Shards that are open in the account.</summary>
    public int OpenShards => _streams.Values.Sum(static s => s.OpenShards.Count);

    /// <summary>Is told of each entry that arrives: its shard, who sent it, and when.</summary>
    public Action<string, string, long>? Arrived { get; set; }

    /// <summary>Is told of each entry that a process sends, whether it arrives or not.</summary>
    public Action<SentEntry>? Sent { get; set; }

    /// <summary>Takes a call.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="entries">Its entries.</param>
    /// <param name="writer">The process that sent it.</param>
    /// <param name="begunAt">When it was sent.</param>
    public IReadOnlyList<PutReply> Put(string stream, SentEntry[] entries, string writer, long begunAt)
    {
        var there = Find(stream);
        var replies = new PutReply[entries.Length];
        for (var i = 0; i < entries.Length; i++)
            replies[i] = Put(there, entries[i], writer, begunAt);
        return replies;
    }

    public IReadOnlyList<ShardRange> List(string stream, bool isOpen)
    {
        var shards = Find(stream).Listed(isOpen);
        // Each page is a call.
        AccountQuotas.Take(Quotas.ListsOf(stream), world.Now, 1 + (Math.Max(0, shards.Count - 1) / AccountQuotas.ShardsOfAPage));
        return shards;
    }

    public StreamSummary Describe(string stream)
    {
        AccountQuotas.Take(Quotas.Describes, world.Now);
        var there = Find(stream);
        var created = SimulatedTime.Start.AddSeconds(there.Creations);
        return new StreamSummary(ArnPrefix + NameIn(stream), there.IsUpdating ? "UPDATING" : "ACTIVE", created, MaxRecordBytes >> 10, OnDemand: false);
    }

    private static string NameIn(string stream) => stream.StartsWith(ArnPrefix, StringComparison.Ordinal) ? stream[ArnPrefix.Length..] : stream;

    private PutReply Put(ServiceStream stream, SentEntry entry, string writer, long begunAt)
    {
        Entries++;
        var shard = stream.ShardOf(entry.HashKey);
        Arrived?.Invoke(shard.Range.ShardId, writer, begunAt);
        if (!shard.TryTake(world.Now, entry.Bytes))
            return Refused(RecordErrorCodes.Throttled, shard);
        if (LosesEveryEntry > 0 && Entries % LosesEveryEntry == 0)
            return new PutReply(new PutRecordsReplyEntry(shard.Range.ShardId, "1", null, null), null);
        if (world.Happens(Weather.RefusesEntries))
        {
            var code = ServiceErrors.OfEntries[world.Dice.Next(ServiceErrors.OfEntries.Count)];
            // What fails inside the service may have been stored before.
            if (code == "InternalFailure" && world.Happens(0.2))
                stream.Store(shard, entry, writer);
            return Refused(code, shard);
        }

        var stored = stream.Store(shard, entry, writer);
        if (DoublesEveryEntry > 0 && Entries % DoublesEveryEntry == 0)
            stream.Store(shard, entry, writer).IsAnswered = true;
        return new PutReply(new PutRecordsReplyEntry(stored.ShardId, stored.SequenceNumber, null, null), stored);
    }

    private PutReply Refused(string code, ServiceShard shard)
    {
        if (code == RecordErrorCodes.Throttled)
            Throttled++;
        var message = code == RecordErrorCodes.Throttled ? $"Rate exceeded for shard {shard.Range.ShardId} in stream s under account 1." : "simulated";
        return new PutReply(new PutRecordsReplyEntry(null, null, code, message), null);
    }

    private static byte[] DataOf(ReadOnlySpan<PutRecordsEntry> entries) =>
        MemoryMarshal.TryGetArray(entries[0].Data, out var data) ? data.Array! : [];
}
