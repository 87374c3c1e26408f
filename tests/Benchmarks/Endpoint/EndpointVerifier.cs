using System.Buffers.Binary;
using Orleans.Kpl.Testing;

namespace Orleans.Kpl.Benchmarks.Endpoint;

/// <summary>What the endpoint found when it took apart what a stream took in a run.</summary>
/// <param name="NumberSum">Sum of the numbers that stand in the records' first eight bytes; tells a lost record from a doubled one.</param>
/// <param name="Damaged">Aggregates whose MD5 is wrong.</param>
/// <param name="Strays">User records in an aggregate that went to another shard than their own key leads to.</param>
/// <param name="OutOfOrder">User records whose number is not above the one before them in their shard.</param>
internal readonly record struct EndpointReport(long KinesisRecords, long Records, ulong NumberSum, long Damaged, long Strays, long OutOfOrder)
{
    public static EndpointReport Sum(IEnumerable<EndpointReport> shards) => shards.Aggregate(static (a, b) => new EndpointReport(
        a.KinesisRecords + b.KinesisRecords, a.Records + b.Records, a.NumberSum + b.NumberSum, a.Damaged + b.Damaged, a.Strays + b.Strays,
        a.OutOfOrder + b.OutOfOrder));

    /// <summary>Fails the bench where what was put is not what was taken.</summary>
    /// <param name="records">How many user records were put.</param>
    /// <param name="numberSum">The sum of their numbers; null where it is not known.</param>
    public void Expect(long records, ulong? numberSum = null)
    {
        if (Damaged != 0 || Strays != 0 || Records != records || (numberSum ?? NumberSum) != NumberSum)
            throw new BenchFailedException($"{records} records with sum {numberSum} were not delivered as put: {this}");
    }
}

/// <summary>Takes the records of one shard apart, by the tests' own decoder of KPL's aggregates.</summary>
internal sealed class EndpointVerifier(UInt128 startingHashKey, UInt128 endingHashKey)
{
    // The members' own hashes are looked at in the first aggregate and in one of so many: an MD5 for each member would cost longer than the run.
    private const int HashEvery = 16;

    private EndpointReport _found = new(0, 0, 0, 0, 0, 0);
    private long _last = long.MinValue;

    public EndpointReport Found => _found;

    /// <summary>Takes one Kinesis record of the shard apart; they come in the shard's order.</summary>
    public void Add(ReadOnlySpan<byte> data)
    {
        _found = _found with { KinesisRecords = _found.KinesisRecords + 1 };
        if (!StoredMember.IsAggregate(data))
        {
            AddRecord(data);
            return;
        }

        if (StoredMember.Read(data) is not { } members)
        {
            _found = _found with { Damaged = _found.Damaged + 1 };
            return;
        }

        foreach (var member in members)
            AddRecord(member.Data);
        if (_found.KinesisRecords % HashEvery == 1)
            _found = _found with { Strays = _found.Strays + members.Select(static m => m.HashKey).Count(k => k < startingHashKey || k > endingHashKey) };
    }

    private void AddRecord(ReadOnlySpan<byte> data)
    {
        var number = BinaryPrimitives.ReadInt64LittleEndian(data);
        _found = _found with
        {
            Records = _found.Records + 1,
            NumberSum = _found.NumberSum + (ulong)number,
            OutOfOrder = _found.OutOfOrder + (number > _last ? 0 : 1),
        };
        _last = number;
    }
}
