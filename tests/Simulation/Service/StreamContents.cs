using System.Buffers.Binary;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Simulation.Service;

/// <summary>All that was put into a stream, in order.</summary>
internal sealed class StreamContents(World world) : IStreamContents
{
    private readonly Dictionary<long, List<Copy>> _copies = [];
    private readonly Dictionary<long, List<long>> _attempts = [];
    private readonly List<long> _creations = [];
    private long _number;
    private long _order;

    /// <summary>Planted: consumers see the members of an aggregate in the opposite order.</summary>
    public bool Reverses { get; set; }

    /// <summary>The copies of a user record, in the order in which they were stored.</summary>
    public IReadOnlyList<Copy> CopiesOf(long number) => _copies.TryGetValue(number, out var copies) ? copies : [];

    /// <summary>Notes that the stream is created again.</summary>
    public void NoteCreation() => _creations.Add(world.Now);

    /// <summary>
    /// Whether consumers see a copy, or it fell between two creations of the stream: where the map could not be read meanwhile, its writer could not know
    /// (docs/shard-maps.md, the declared residue).
    /// </summary>
    public bool IsVisibleOrResidue(Copy copy) =>
        copy.IsVisible || (_creations.Any(c => c <= copy.In.At) && _creations.Any(c => c > copy.In.At));

    /// <summary>Notes that an entry is sent.</summary>
    public void NoteAttempt(SentEntry entry)
    {
        foreach (var member in ConsumedRecord.Read(entry.PartitionKey, entry.HashKey, entry.Data))
        {
            var number = BinaryPrimitives.ReadInt64BigEndian(member.Data);
            if (!_attempts.TryGetValue(number, out var attempts))
                _attempts[number] = attempts = [];
            attempts.Add(world.Now);
        }
    }

    /// <summary>How often a user record was sent before that instant, where attempts are noted.</summary>
    public int AttemptsBefore(long number, long instant) => _attempts.TryGetValue(number, out var attempts) ? attempts.Count(a => a < instant) : 0;

    public StoredRecord Store(ServiceShard shard, SentEntry entry, string writer)
    {
        var stored = new StoredRecord(shard.Range.ShardId, shard.SequenceOf(++_number), writer, world.Now);
        var members = ConsumedRecord.Read(entry.PartitionKey, entry.HashKey, entry.Data);
        var isVisible = ConsumedRecord.IsVisible(members, entry.Data, shard.Range);
        var copies = new Copy[members.Count];
        for (var place = 0; place < members.Count; place++)
        {
            var number = BinaryPrimitives.ReadInt64BigEndian(members[place].Data);
            copies[place] = new Copy(stored, place, number, _order + (Reverses ? members.Count - place : place), isVisible);
            if (!_copies.TryGetValue(number, out var known))
                _copies[number] = known = [];
            known.Add(copies[place]);
        }

        _order += members.Count + 1;
        stored.Members = copies;
        if (world.IsTracing)
        {
            var numbers = string.Join(' ', copies.Select(static c => c.Number));
            world.Say("kinesis", $"{stored.ShardId} stores {numbers} of {writer}{(isVisible ? "" : ", which no consumer sees")}");
        }

        return stored;
    }
}

/// <summary>Keeps what was put into a stream, or what a history needs to know of it.</summary>
internal interface IStreamContents
{
    /// <summary>Stores an entry.</summary>
    /// <param name="shard">The shard that takes it.</param>
    /// <param name="entry">The entry.</param>
    /// <param name="writer">The process that sent it.</param>
    StoredRecord Store(ServiceShard shard, SentEntry entry, string writer);

    /// <summary>Notes that the stream is created again.</summary>
    void NoteCreation()
    {
    }
}

/// <summary>One Kinesis record that a shard holds.</summary>
/// <param name="ShardId">Its shard.</param>
/// <param name="SequenceNumber">Its number.</param>
/// <param name="Writer">The process that sent it.</param>
/// <param name="At">When it was stored.</param>
internal sealed record StoredRecord(string ShardId, string SequenceNumber, string Writer, long At)
{
    /// <summary>What consumers read from it.</summary>
    public IReadOnlyList<Copy> Members { get; set; } = [];

    /// <summary>Whether its writer was told that it is stored.</summary>
    public bool IsAnswered { get; set; }

    /// <summary>Whether another silo than the one that serves its shard sent it. Whether that one was told, nobody notes.</summary>
    public bool IsRelayed { get; set; }
}

/// <summary>One user record in a Kinesis record.</summary>
/// <param name="In">The Kinesis record.</param>
/// <param name="Place">Its place there.</param>
/// <param name="Number">The number that its caller wrote into its data.</param>
/// <param name="Order">How many user records the stream held before.</param>
/// <param name="IsVisible">Whether a consumer sees it that filters by the shard's range.</param>
internal sealed record Copy(StoredRecord In, int Place, long Number, long Order, bool IsVisible);

/// <summary>An entry as it left its process.</summary>
internal readonly record struct SentEntry(byte[] Data, string PartitionKey, UInt128 HashKey)
{
    /// <summary>What limits count: data and key.</summary>
    public int Bytes => Data.Length + PartitionKey.Length;
}

/// <summary>The answer to an entry, and what is stored of it.</summary>
internal readonly record struct PutReply(PutRecordsReplyEntry Entry, StoredRecord? Stored)
{
    /// <summary>The error, or the end of the shard's id with the count of members.</summary>
    public string Text => Entry.ErrorCode ?? $"{Entry.ShardId![^3..]}/{Stored?.Members.Count}";
}
