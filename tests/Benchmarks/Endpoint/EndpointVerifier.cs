using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;

namespace Orleans.Kpl.Benchmarks.Endpoint;

/// <summary>Takes the kept bodies apart by a decoder of its own: KPL's aggregation format, written down from aggregation-format.md.</summary>
internal sealed class EndpointVerifier
{
    // The members' own hashes are looked at in one aggregate of so many: an MD5 for each member would cost longer than the run.
    private const int HashEvery = 16;

    private static readonly byte[] Magic = [0xF3, 0x89, 0x9A, 0xC2];

    private readonly List<Range> _partitionKeys = [];
    private readonly List<UInt128> _hashKeys = [];
    private byte[] _data = [];
    private long _requests;
    private long _kinesisRecords;
    private long _records;
    private ulong _numberSum;
    private long _wireBytes;
    private long _badTrailers;
    private long _strays;

    public static EndpointReport Verify(IReadOnlyList<StoredRequest> requests)
    {
        var verifier = new EndpointVerifier();
        foreach (var request in requests)
            verifier.Add(request);
        return new EndpointReport(verifier._requests, verifier._kinesisRecords, verifier._records, verifier._numberSum, verifier._wireBytes,
            verifier._badTrailers, verifier._strays);
    }

    private void Add(StoredRequest request)
    {
        _requests++;
        _wireBytes += request.Body.Length;
        var reader = new PutRecordsReader(request.Body);
        while (reader.Next())
        {
            _kinesisRecords++;
            Add(reader.Data(ref _data), reader.HashKey, request.Shards);
        }
    }

    private void Add(ReadOnlySpan<byte> data, UInt128 hashKey, ShardRanges shards)
    {
        if (!data.StartsWith(Magic) || data.Length < Magic.Length + 16)
        {
            AddRecord(data);
            return;
        }

        var body = data[Magic.Length..^16];
        Span<byte> hash = stackalloc byte[16];
        MD5.HashData(body, hash);
        if (!hash.SequenceEqual(data[^16..]))
        {
            _badTrailers++;
            return;
        }

        AddAggregate(body, shards, _kinesisRecords % HashEvery == 0 ? shards.Find(hashKey) : -1);
    }

    private void AddAggregate(ReadOnlySpan<byte> body, ShardRanges shards, int shard)
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
                AddMember(body, at, length, shards, shard);
            at += length;
        }
    }

    private void AddMember(ReadOnlySpan<byte> body, int start, int length, ShardRanges shards, int shard)
    {
        var member = body.Slice(start, length);
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

        if (shard < 0)
            return;
        var own = hashKey >= 0 ? _hashKeys[hashKey] : PutRecordsReader.HashOf(body[_partitionKeys[key]]);
        if (shards.Find(own) != shard)
            _strays++;
    }

    private void AddRecord(ReadOnlySpan<byte> data)
    {
        _records++;
        _numberSum += BinaryPrimitives.ReadUInt64LittleEndian(data);
    }

    internal static ulong ReadVarint(ReadOnlySpan<byte> data, ref int at)
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
