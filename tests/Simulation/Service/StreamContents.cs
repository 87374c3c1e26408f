using System.Buffers.Binary;
using Orleans.Kpl.Simulation.Clockwork;

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
