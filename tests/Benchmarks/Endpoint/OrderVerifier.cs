using System.Buffers.Binary;
using System.Security.Cryptography;
using Orleans.Kpl.LocalKinesis;

namespace Orleans.Kpl.Benchmarks.Endpoint;

/// <summary>What a stream holds: records, the sum of their numbers, and how many are not above the one before them in their shard.</summary>
internal sealed record OrderReport(long Records, ulong NumberSum, long OutOfOrder, long BadTrailers);

/// <summary>Looks whether the numbers at the start of the payloads rise in each shard.</summary>
internal sealed class OrderVerifier
{
    private const int MagicSize = 4;

    private long _records;
    private ulong _numberSum;
    private long _outOfOrder;
    private long _badTrailers;

    public static OrderReport Verify(IEnumerable<AppliedRecord> applied)
    {
        var verifier = new OrderVerifier();
        foreach (var shard in applied.GroupBy(r => r.ShardId))
        {
            var last = -1L;
            foreach (var record in shard.OrderBy(r => UInt128Pair(r.SequenceNumber)))
                verifier.Add(record.Data, ref last);
        }

        return new OrderReport(verifier._records, verifier._numberSum, verifier._outOfOrder, verifier._badTrailers);
    }

    /// <summary>A number of 56 digits as two that compare.</summary>
    private static (UInt128, UInt128) UInt128Pair(string number) =>
        (UInt128.Parse(number.AsSpan(0, number.Length / 2)), UInt128.Parse(number.AsSpan(number.Length / 2)));

    /// <summary>On an ordered stream everything is an aggregate.</summary>
    private void Add(ReadOnlySpan<byte> data, ref long last)
    {
        var body = data[MagicSize..^MD5.HashSizeInBytes];
        Span<byte> hash = stackalloc byte[MD5.HashSizeInBytes];
        MD5.HashData(body, hash);
        if (!hash.SequenceEqual(data[^MD5.HashSizeInBytes..]))
        {
            _badTrailers++;
            return;
        }

        for (var at = 0; at < body.Length;)
        {
            var field = EndpointVerifier.ReadVarint(body, ref at);
            var length = (int)EndpointVerifier.ReadVarint(body, ref at);
            if (field == 0x1A)
                AddMember(body.Slice(at, length), ref last);
            at += length;
        }
    }

    private void AddMember(ReadOnlySpan<byte> member, ref long last)
    {
        for (var at = 0; at < member.Length;)
        {
            var field = EndpointVerifier.ReadVarint(member, ref at);
            var value = (int)EndpointVerifier.ReadVarint(member, ref at);
            if (field == 0x1A)
            {
                var number = BinaryPrimitives.ReadInt64LittleEndian(member[at..]);
                _records++;
                _numberSum += (ulong)number;
                _outOfOrder += number > last ? 0 : 1;
                last = number;
            }

            if ((field & 7) == 2)
                at += value;
        }
    }
}
