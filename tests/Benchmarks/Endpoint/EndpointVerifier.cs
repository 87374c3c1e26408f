using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;

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

/// <summary>Takes the records of one shard apart by a decoder of its own: KPL's aggregation format, written down from aggregation-format.md.</summary>
internal sealed class EndpointVerifier(UInt128 startingHashKey, UInt128 endingHashKey)
{
    // The members' own hashes are looked at in the first aggregate and in one of so many: an MD5 for each member would cost longer than the run.
    private const int HashEvery = 16;

    private static readonly byte[] Magic = [0xF3, 0x89, 0x9A, 0xC2];

    private readonly List<Range> _partitionKeys = [];
    private readonly List<UInt128> _hashKeys = [];
    private EndpointReport _found = new(0, 0, 0, 0, 0, 0);
    private long _last = long.MinValue;

    public EndpointReport Found => _found;

    /// <summary>Takes one Kinesis record of the shard apart; they come in the shard's order.</summary>
    public void Add(ReadOnlySpan<byte> data)
    {
        _found = _found with { KinesisRecords = _found.KinesisRecords + 1 };
        if (!data.StartsWith(Magic) || data.Length < Magic.Length + MD5.HashSizeInBytes)
        {
            AddRecord(data);
            return;
        }

        var body = data[Magic.Length..^MD5.HashSizeInBytes];
        if (MD5.HashData(body).AsSpan().SequenceEqual(data[^MD5.HashSizeInBytes..]))
            AddAggregate(body);
        else
            _found = _found with { Damaged = _found.Damaged + 1 };
    }

    private void AddAggregate(ReadOnlySpan<byte> body)
    {
        _partitionKeys.Clear();
        _hashKeys.Clear();
        for (var at = 0; at < body.Length;)
        {
            var field = ReadVarint(body, ref at);
            var length = (int)ReadVarint(body, ref at);
            if (field == 0x0A)
                _partitionKeys.Add(at..(at + length));
            else if (field == 0x12)
                _hashKeys.Add(UInt128.Parse(body.Slice(at, length), NumberStyles.None, CultureInfo.InvariantCulture));
            else if (field == 0x1A)
                AddMember(body, body.Slice(at, length));
            at += length;
        }
    }

    private void AddMember(ReadOnlySpan<byte> body, ReadOnlySpan<byte> member)
    {
        int key = -1, hashKey = -1;
        for (var at = 0; at < member.Length;)
        {
            var field = ReadVarint(member, ref at);
            var value = (int)ReadVarint(member, ref at);
            if (field == 0x08)
                key = value;
            else if (field == 0x10)
                hashKey = value;
            else if (field == 0x1A)
                AddRecord(member.Slice(at, value));
            if ((field & 7) == 2)
                at += value;
        }

        if (_found.KinesisRecords % HashEvery != 1)
            return;
        var own = hashKey >= 0 ? _hashKeys[hashKey] : BinaryPrimitives.ReadUInt128BigEndian(MD5.HashData(body[_partitionKeys[key]]));
        if (own < startingHashKey || own > endingHashKey)
            _found = _found with { Strays = _found.Strays + 1 };
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

    private static ulong ReadVarint(ReadOnlySpan<byte> data, ref int at)
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var part = data[at++];
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80)
                return value;
        }
    }
}
